import { idRequired } from "../refusal.ts";
import { type Step, step } from "../step.ts";

/** The id a delete names, by `value` or `resource_id` as its message has it. Adds it as `resourceId`. */
export const extractResourceId: Step<
  { readonly valid: { readonly value: string } | { readonly resourceId: string } },
  { readonly resourceId: string }
> = step("ExtractResourceId", ["INVALID_ARGUMENT"], ({ valid }) => {
  const resourceId = "value" in valid ? valid.value : valid.resourceId;
  if (resourceId === "") throw idRequired("value" in valid ? "value" : "resource_id");
  return { resourceId };
});
