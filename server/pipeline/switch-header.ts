import type { CallContext } from "./call-context.ts";
import { invalidField } from "./refusal.ts";

/** Whether a header that is either on or off is on. Anything but `true` and `false` is refused: a dry run that was spelled wrong must not become a write. */
export function isSwitchedOn(call: Pick<CallContext, "headerValue">, name: string): boolean {
  const value = call.headerValue(name) ?? "false";
  if (value !== "true" && value !== "false")
    throw invalidField(name, `is ${JSON.stringify(value)}, should be true or false`);
  return value === "true";
}
