import type { Json } from "../lib/json.ts";
import type { DirectiveTarget } from "../tasks/directive.ts";
import type { ListFrame } from "./run-state.ts";

/**
 * Follows a flow directive in the list it was given in: `continue` and names go on in the list (forward and backward), `exit` leaves it, with what it had so far. Gives false for `end`, which is
 * no matter of a list but of the run (specification, section Flow Directive).
 */
export function followDirective(list: ListFrame, length: number, target: DirectiveTarget, output: Json): boolean {
  if (target === "end") return false;
  list.input = output;
  if (target === "exit") {
    list.exited = true;
    list.index = length;
  } else {
    list.index = target === "continue" ? list.index + 1 : target;
  }
  return true;
}
