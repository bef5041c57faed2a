import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** An extension of a kind of task that the workflow does not have. */
export const unusedExtension: Rule = {
  code: "OW2009",
  name: "unused-extension",
  severity: "warning",
  summary: "An extension that extends no task.",
  explanation:
    "`extend` names a kind of task; `composite` means `do` and `fork`, `all` every kind. The workflow has no task of that kind, so the extension never runs. Tasks of extensions are not extended themselves.",
  *find({ document, tasks }) {
    const kinds = new Set(
      tasks.filter(({ pointer }) => !pointer.startsWith("/use/extensions/")).map(({ kind }) => kind as string),
    );
    if (kinds.has("do") || kinds.has("fork")) kinds.add("composite");
    for (const [index, item] of (document.use?.extensions ?? []).entries()) {
      for (const [name, { extend }] of Object.entries(item)) {
        if (extend === "all" || kinds.has(extend)) continue;
        yield {
          pointer: `${childPointer(`/use/extensions/${index}`, name)}/extend`,
          message: `The extension "${name}" never runs: the workflow has no ${extend} task`,
        };
      }
    }
  },
};
