import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** Names of switch cases are unique in their switch: traces name the case that was taken. */
export const uniqueCaseNames: Rule = {
  code: "OW1104",
  name: "unique-case-names",
  severity: "error",
  summary: "Two cases of a switch have the same name.",
  explanation: "What happened in a run is told by the name of the case that was taken. Rename one of the two.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("switch" in task)) continue;
      const seen = new Set<string>();
      for (const [index, item] of task.switch.entries()) {
        const [name = ""] = Object.keys(item);
        if (seen.has(name)) {
          const message = `Cannot use the name "${name}" twice: another case of this switch has it, names should be unique`;
          yield { pointer: childPointer(`${pointer}/switch/${index}`, name), at: "key", message };
        }
        seen.add(name);
      }
    }
  },
};
