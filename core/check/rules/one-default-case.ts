import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** A switch has at most one case without `when`. */
export const oneDefaultCase: Rule = {
  code: "OW1103",
  name: "one-default-case",
  severity: "error",
  summary: "A switch with two default cases.",
  explanation:
    "A case without `when` is the default, taken when no other case holds. A second one could never be taken. Give it a `when`, or remove it.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("switch" in task)) continue;
      const defaults = task.switch.flatMap((item, index) =>
        Object.entries(item)
          .filter(([, { when }]) => when === undefined)
          .map(([name]) => ({ name, index })),
      );
      for (const { name, index } of defaults.slice(1)) {
        const message = `Cannot use "${name}" as a default case: "${defaults[0]?.name}" already is one, a switch should have at most one`;
        yield { pointer: childPointer(`${pointer}/switch/${index}`, name), at: "key", message, hint: "add a `when`" };
      }
    }
  },
};
