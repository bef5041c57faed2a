import { textOption } from "../command.ts";
import { controlCommand } from "../control.ts";

/** `stigmer goto`: leaves the tasks that are open and goes on at another one. */
export const goto = controlCommand({
  name: "goto",
  summary: "leave what is under way and go on at another task",
  done: "goes on elsewhere",
  arguments: [
    { name: "<execution>", description: "the id of the execution", completes: "execution" },
    { name: "<task>", description: "name or JSON pointer of the task to go on at", completes: "task" },
  ],
  options: [
    {
      flags: "-i, --input <input>",
      description: "the input it gets: @file, - or JSON; by default the output of the last completed task",
    },
  ],
  examples: ["stigmer goto wex-01kf3v6n8q2w4x5y7z9a1b2c3d ship --reason 'paid by phone'"],
  async call(server, { arguments: [, name], options }, request, call) {
    const [{ givenValue }, { taskPointer }] = await Promise.all([
      import("../given-value.ts"),
      import("../task-reference.ts"),
    ]);
    const input = await givenValue(textOption(options, "input"));
    const task = await taskPointer(server, request.executionId, name as string);
    return server.client.workflowExecution.service.goto(
      { ...request, task, ...(input === undefined ? {} : { input }) },
      call,
    );
  },
});
