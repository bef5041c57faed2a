import { controlCommand } from "../control.ts";

/** `stigmer resume`: let a suspended execution go on. */
export const resume = controlCommand({
  name: "resume",
  summary: "let a suspended execution go on",
  done: "resumed",
  examples: ["stigmer resume wex-01kf3v6n8q2w4x5y7z9a1b2c3d --reason 'asked by support'"],
  call: ({ client }, _invocation, request, call) => client.workflowExecution.service.resume(request, call),
});
