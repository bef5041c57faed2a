import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** A default case that stands before others. */
export const defaultCaseLast: Rule = {
  code: "OW2027",
  name: "default-case-last",
  severity: "info",
  summary: "A default case before other cases.",
  explanation:
    "A case without `when` is taken only when no other case holds, wherever it stands. Put last, it reads the way it works.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("switch" in task)) continue;
      for (const [index, item] of task.switch.slice(0, -1).entries()) {
        for (const [name, { when }] of Object.entries(item)) {
          if (when === undefined)
            yield {
              pointer: childPointer(`${pointer}/switch/${index}`, name),
              at: "key",
              message: `The default case "${name}" stands before others`,
            };
        }
      }
    }
  },
};
