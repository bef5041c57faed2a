import { SchemaCompileError, compileSchema } from "../../lib/json-schema/compile-schema.ts";
import type { Json } from "../../lib/json.ts";
import type { Rule } from "../rule.ts";

/** A schema in the document is a JSON Schema that can be used. */
export const schemaCompiles: Rule = {
  code: "OW1117",
  name: "schema-compiles",
  severity: "error",
  summary: "A JSON Schema that cannot be used.",
  explanation:
    "Schemas are JSON Schema 2020-12; the words of draft-07 are understood too. References (`$ref`) lead to places in the same schema; schemas from elsewhere are given with `resource`. Regular expressions are checked as well.",
  *find({ sites }) {
    for (const { role, pointer, value } of sites) {
      if (role !== "json-schema") continue;
      const error = compileProblem(value);
      if (error !== undefined) yield { pointer: pointer + error.pointer, message: error.message };
    }
  },
};

function compileProblem(schema: Json): SchemaCompileError | undefined {
  try {
    compileSchema(schema);
    return undefined;
  } catch (error) {
    if (error instanceof SchemaCompileError) return error;
    throw error;
  }
}
