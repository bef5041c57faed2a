import { controlCommand } from "../control.ts";

/** `stigmer suspend`: pause an execution: nothing new starts until it is resumed. */
export const suspend = controlCommand({
  name: "suspend",
  summary: "pause an execution: nothing new starts until it is resumed",
  done: "suspended",
  examples: ["stigmer suspend wex-01kf3v6n8q2w4x5y7z9a1b2c3d --reason 'asked by support'"],
  call: ({ client }, _invocation, request, call) => client.workflowExecution.service.suspend(request, call),
});
