import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** A case that an earlier one with the same condition always precedes. */
export const duplicateCondition: Rule = {
  code: "OW2026",
  name: "duplicate-condition",
  severity: "warning",
  summary: "Two cases of a switch have the same condition.",
  explanation: "Cases are looked at in order and the first that holds is taken, so the second one never is.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("switch" in task)) continue;
      const first = new Map<string, string>();
      for (const [index, item] of task.switch.entries()) {
        for (const [name, { when }] of Object.entries(item)) {
          const earlier = when === undefined ? undefined : first.get(when.trim());
          if (earlier !== undefined)
            yield {
              pointer: `${childPointer(`${pointer}/switch/${index}`, name)}/when`,
              message: `This case is never taken: "${earlier}" has the same condition`,
            };
          else if (when !== undefined) first.set(when.trim(), name);
        }
      }
    }
  },
};
