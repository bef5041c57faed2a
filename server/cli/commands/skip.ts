import { type JsonValue, create, fromJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { SkipTaskRequestSchema } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { textOption } from "../command.ts";
import { controlCommand } from "../control.ts";
import { runInput } from "../input.ts";

/** `stigmer skip`: takes a waiting or faulted task as completed. */
export const skip = controlCommand({
  name: "skip",
  summary: "take a waiting or faulted task as completed",
  done: "skipped its task",
  arguments: [
    { name: "<execution>", description: "the id of the execution" },
    { name: "<task>", description: "task name or JSON pointer" },
  ],
  options: [
    { flags: "-i, --task-output <output>", description: "the task's output: @file, - or JSON; by default its input" },
  ],
  examples: ["stigmer skip wex-01kf3v6n8q2w4x5y7z9a1b2c3d approval --task-output '{\"approved\": true}'"],
  async call({ client }, { arguments: [, task], options }, request) {
    const output = textOption(options, "taskOutput");
    const value =
      output === undefined ? undefined : fromJson(ValueSchema, (await runInput(output, [], [])) as JsonValue);
    return client.workflowExecution.service.skip(
      create(SkipTaskRequestSchema, {
        ...request,
        task: task as string,
        ...(value === undefined ? {} : { output: value }),
      }),
    );
  },
});
