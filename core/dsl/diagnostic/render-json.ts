import type { JsonObject } from "../../lib/json.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** A diagnostic as the JSON object of `-o json`; absent parts are left out. The names are a contract. */
export function diagnosticToJson(diagnostic: Diagnostic): JsonObject {
  const { code, severity, message, file, line, column, endLine, endColumn, pointer, hint } = diagnostic;
  return {
    code,
    severity,
    message,
    ...(file === undefined ? {} : { file }),
    line,
    column,
    endLine,
    endColumn,
    pointer,
    ...(hint === undefined ? {} : { hint }),
  };
}
