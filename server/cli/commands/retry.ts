import { type JsonValue, create, fromJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { RetryWorkflowExecutionRequestSchema } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { textOption } from "../command.ts";
import { controlCommand } from "../control.ts";
import { runInput } from "../input.ts";

/** `stigmer retry`: runs an ended or faulted execution again from a task, with the same or an edited input. */
export const retry = controlCommand({
  name: "retry",
  summary: "run an execution again from a task",
  done: "retried",
  options: [
    { flags: "--from <task>", description: "task name or JSON pointer; by default the task that faulted" },
    { flags: "-i, --input <input>", description: "another raw input for that task: @file, - or JSON" },
  ],
  examples: [
    "stigmer retry wex-01kf3v6n8q2w4x5y7z9a1b2c3d",
    "stigmer retry wex-01kf3v6n8q2w4x5y7z9a1b2c3d --from charge --input @charge.json",
  ],
  async call({ client }, { options }, request) {
    const input = textOption(options, "input");
    const value = input === undefined ? undefined : fromJson(ValueSchema, (await runInput(input, [], [])) as JsonValue);
    return client.workflowExecution.service.retry(
      create(RetryWorkflowExecutionRequestSchema, {
        ...request,
        task: textOption(options, "from") ?? "",
        ...(value === undefined ? {} : { input: value }),
      }),
    );
  },
});
