import { type Json, isJsonArray, isJsonObject } from "../json.ts";
import { type Check, Evaluated } from "./evaluation.ts";
import type { KeywordCompiler, KeywordSite } from "./schema-compiler.ts";

/** The keywords for what no other keyword of the same schema, or of schemas applied in place, has looked at; they run last. */
export const unevaluated: ReadonlyMap<string, KeywordCompiler> = new Map(
  Object.entries({ unevaluatedItems: compileUnevaluatedItems, unevaluatedProperties: compileUnevaluatedProperties }),
);

function compileUnevaluatedItems({ keyword, value: schema, below }: KeywordSite): Check {
  const check = schema === false ? undefined : below(schema);
  return (value, path, run, evaluated) => {
    if (!isJsonArray(value)) return;
    for (const [index, item] of value.entries()) {
      if (evaluated.items.has(index)) continue;
      evaluated.items.add(index);
      const at = { segment: index, parent: path };
      if (check === undefined) run.fail(at, keyword, "should not be here");
      else check(item, at, run, new Evaluated());
    }
  };
}

function compileUnevaluatedProperties({ keyword, value: schema, below }: KeywordSite): Check {
  const check = schema === false ? undefined : below(schema);
  return (value, path, run, evaluated) => {
    if (!isJsonObject(value)) return;
    for (const name of Object.keys(value)) {
      if (evaluated.properties.has(name)) continue;
      evaluated.properties.add(name);
      const at = { segment: name, parent: path };
      if (check === undefined) run.fail(at, keyword, "should not be here, no such property is described");
      else check(value[name] as Json, at, run, new Evaluated());
    }
  };
}
