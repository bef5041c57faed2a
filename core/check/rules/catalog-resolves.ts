import { didYouMean } from "../../lib/did-you-mean.ts";
import type { Rule } from "../rule.ts";

/** A function of a catalog is written `name:version@catalog`, and the catalog exists. */
export const catalogResolves: Rule = {
  code: "OW1107",
  name: "catalog-resolves",
  severity: "error",
  summary: "A call of a function of a catalog that does not exist.",
  explanation:
    "A function of a catalog is called as `name:version@catalog`. The catalog is an entry of `use.catalogs`, or `default`, the catalog of the server.",
  *find(context) {
    const catalogs = ["default", ...Object.keys(context.document.use?.catalogs ?? {})];
    for (const { pointer, value } of context.texts("call")) {
      if (!value.includes("@") || value.includes("://")) continue;
      const match = /^[^:@\s]+:[^:@\s]+@([^:@\s]+)$/u.exec(value);
      if (match === null) {
        yield {
          pointer,
          message: `Cannot call "${value}": a function of a catalog should be written name:version@catalog`,
        };
        continue;
      }
      const [, catalog] = match as unknown as [string, string];
      if (catalogs.includes(catalog)) continue;
      const meant = didYouMean(catalog, catalogs);
      const span = { offset: value.lastIndexOf("@") + 1, length: catalog.length };
      const message = `Cannot find the catalog "${catalog}": it is not defined in \`use.catalogs\``;
      yield { pointer, span, message, hint: meant === undefined ? undefined : `did you mean "${meant}"?` };
    }
  },
};
