import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** Names of extensions are unique: traces name the extension that ran. */
export const uniqueExtensionNames: Rule = {
  code: "OW1127",
  name: "unique-extension-names",
  severity: "error",
  summary: "Two extensions have the same name.",
  explanation: "What happened in a run is told by the names of extensions and their tasks. Rename one of the two.",
  *find({ document }) {
    const seen = new Set<string>();
    for (const [index, item] of (document.use?.extensions ?? []).entries()) {
      const [name = ""] = Object.keys(item);
      if (seen.has(name)) {
        yield {
          pointer: childPointer(`/use/extensions/${index}`, name),
          at: "key",
          message: `Cannot use the name "${name}" twice: another extension has it, names should be unique`,
        };
      }
      seen.add(name);
    }
  },
};
