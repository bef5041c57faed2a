import type { DiagnosticCode } from "../dsl/diagnostic/diagnostic.ts";
import { parseCodes } from "../dsl/parse/parse-codes.ts";
import { schemaCodes } from "../dsl/schema/schema-codes.ts";
import { rules } from "./rules/index.ts";
import { testCodes } from "./test-codes.ts";

/** Every code there is, in order: for `stigmer explain`, SARIF and the reference page. */
export const diagnosticCodes: readonly DiagnosticCode[] = [
  ...Object.values(parseCodes),
  ...Object.values(schemaCodes),
  ...Object.values(testCodes),
  ...rules.map(({ code, name, severity, summary, explanation }) => ({ code, name, severity, summary, explanation })),
].toSorted((left, right) => (left.code < right.code ? -1 : 1));

/** The description of a code or of its name; undefined where there is none. Case does not matter. */
export function explainCode(codeOrName: string): DiagnosticCode | undefined {
  const wanted = codeOrName.toLowerCase();
  return diagnosticCodes.find(({ code, name }) => code.toLowerCase() === wanted || name === wanted);
}
