import type { Rule } from "../rule.ts";

/** Schemas are JSON Schema. */
export const schemaFormatSupported: Rule = {
  code: "OW1118",
  name: "schema-format-supported",
  severity: "error",
  summary: "A schema of a format that is not supported.",
  explanation:
    "`format` is `json`, or `json:` and a version: `json:2020-12` (the default) or `json:draft-07`. Other formats, such as Avro or XML Schema, cannot be validated here, so they are refused.",
  *find(context) {
    for (const { pointer, value } of context.texts("schema-format")) {
      if (/^json(?::(?:draft[/-])?(?:2020-12|2019-09|0?7))?$/iu.test(value)) continue;
      yield {
        pointer,
        message: `Cannot use schemas of the format "${value.slice(0, 60)}": it should be json, json:2020-12 or json:draft-07`,
      };
    }
  },
};
