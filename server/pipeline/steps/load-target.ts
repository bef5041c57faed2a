import { idRequired, notFound } from "../refusal.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { type Step, step } from "../step.ts";
import type { ResourceRow } from "../../store/ports.ts";

/** Loads what a `get` names by the `value` of its id message. Adds its row as `stored`. */
export function loadTarget<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly valid: { readonly value: string } }, { readonly stored: ResourceRow }> {
  return step("LoadTarget", ["INVALID_ARGUMENT", "NOT_FOUND"], async ({ valid }, { unit }) => {
    if (valid.value === "") throw idRequired("value");
    const stored = await unit.get(kind.key, valid.value);
    if (stored === undefined) throw notFound(kind.name, valid.value);
    return { stored };
  });
}
