import { controlCommand } from "../control.ts";

/** `stigmer cancel`: end an execution now; everything under way is cancelled. */
export const cancel = controlCommand({
  name: "cancel",
  summary: "end an execution now; everything under way is cancelled",
  done: "cancelled",
  examples: ["stigmer cancel wex-01kf3v6n8q2w4x5y7z9a1b2c3d --reason 'asked by support'"],
  call: ({ client }, _invocation, request, call) => client.workflowExecution.service.cancel(request, call),
});
