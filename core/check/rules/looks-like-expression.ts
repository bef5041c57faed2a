import { type Json, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { childPointer } from "../../lib/json-pointer.ts";
import type { ValueSite } from "../../dsl/schema/check-shape.ts";
import { availableVariables } from "../available-variables.ts";
import type { Rule, RuleFinding } from "../rule.ts";

/** A text that looks like an expression but is not marked as one. */
export const looksLikeExpression: Rule = {
  code: "OW2017",
  name: "looks-like-expression",
  severity: "warning",
  summary: "A text that looks like an expression without `${ }`.",
  explanation:
    'In strict mode, which is the default, a text in data is an expression only in `${ }`: `.customer` is the text ".customer". Write `${ .customer }`, or set `evaluate.mode` to `loose`.',
  *find({ document, sites }) {
    if (document.evaluate?.mode === "loose") return;
    for (const site of sites) if (site.role === "template") yield* suspicious(site.value, site.pointer, site);
  },
};

function* suspicious(value: Json, pointer: string, site: ValueSite): Iterable<RuleFinding> {
  if (typeof value === "string") {
    if (isSuspicious(value, site))
      yield {
        pointer,
        message: "This is taken as a text, though it looks like an expression",
        hint: `write \${ ${value.trim().slice(0, 60)} }`,
      };
  } else if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) yield* suspicious(item, childPointer(pointer, index), site);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* suspicious(item, childPointer(pointer, key), site);
  }
}

function isSuspicious(text: string, { site, variables }: ValueSite): boolean {
  if (text.length > 500) return false;
  const path = /^\s*(?:\$([A-Za-z_]\w*))?(?:\.[A-Za-z_]\w*|\[\d*\]|\["[^"]*"\])*\s*$/u.exec(text);
  if (path === null || text.trim() === "") return false;
  const [, variable] = path;
  return variable === undefined
    ? text.trim().startsWith(".")
    : availableVariables[site].includes(variable) || variables.includes(variable);
}
