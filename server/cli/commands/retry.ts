import { textOption } from "../command.ts";
import { controlCommand } from "../control.ts";

/** `stigmer retry`: runs an ended or faulted execution again from a task, with the same or an edited input. */
export const retry = controlCommand({
  name: "retry",
  summary: "run an execution again from a task",
  done: "retried",
  options: [
    {
      flags: "--from <task>",
      description: "task name or JSON pointer; by default the task that faulted",
      completes: "task",
    },
    { flags: "-i, --input <input>", description: "another raw input for that task: @file, - or JSON" },
  ],
  examples: [
    "stigmer retry wex-01kf3v6n8q2w4x5y7z9a1b2c3d",
    "stigmer retry wex-01kf3v6n8q2w4x5y7z9a1b2c3d --from charge --input @charge.json",
  ],
  async call(server, { options }, request, call) {
    const [{ givenValue }, { taskPointer }] = await Promise.all([
      import("../given-value.ts"),
      import("../task-reference.ts"),
    ]);
    const from = textOption(options, "from");
    const input = await givenValue(textOption(options, "input"));
    const task = from === undefined ? "" : await taskPointer(server, request.executionId, from);
    return server.client.workflowExecution.service.retry(
      { ...request, task, ...(input === undefined ? {} : { input }) },
      call,
    );
  },
});
