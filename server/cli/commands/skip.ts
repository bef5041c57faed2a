import { textOption } from "../command.ts";
import { controlCommand } from "../control.ts";

/** `stigmer skip`: takes a waiting or faulted task as completed. */
export const skip = controlCommand({
  name: "skip",
  summary: "take a waiting or faulted task as completed",
  done: "skipped its task",
  arguments: [
    { name: "<execution>", description: "the id of the execution", completes: "execution" },
    { name: "<task>", description: "task name or JSON pointer", completes: "task" },
  ],
  options: [
    { flags: "-i, --task-output <output>", description: "the task's output: @file, - or JSON; by default its input" },
  ],
  examples: ["stigmer skip wex-01kf3v6n8q2w4x5y7z9a1b2c3d approval --task-output '{\"approved\": true}'"],
  async call(server, { arguments: [, name], options }, request, call) {
    const [{ givenValue }, { taskPointer }] = await Promise.all([
      import("../given-value.ts"),
      import("../task-reference.ts"),
    ]);
    const output = await givenValue(textOption(options, "taskOutput"));
    const task = await taskPointer(server, request.executionId, name as string);
    return server.client.workflowExecution.service.skip(
      { ...request, task, ...(output === undefined ? {} : { output }) },
      call,
    );
  },
});
