import type { Json, JsonObject } from "../../lib/json.ts";
import type { Diagnostic, DiagnosticCode, Severity } from "./diagnostic.ts";

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };

/** Diagnostics as a SARIF 2.1.0 log with one run, for the code-scanning views of forges; `codes` describes the rules, `version` the tool. */
export function diagnosticsToSarif(
  diagnostics: readonly Diagnostic[],
  codes: readonly DiagnosticCode[],
  version: string,
): JsonObject {
  const used = codes.filter(({ code }) => diagnostics.some((diagnostic) => diagnostic.code === code));
  const indexOf = new Map(used.map(({ code }, index) => [code, index]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "stigmer", version, rules: used.map(rule) } },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((diagnostic) => result(diagnostic, indexOf.get(diagnostic.code))),
      },
    ],
  };
}

function rule({ code, name, severity, summary, explanation }: DiagnosticCode): Json {
  return {
    id: code,
    name,
    shortDescription: { text: summary },
    fullDescription: { text: explanation },
    help: { text: explanation, markdown: explanation },
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

function result(diagnostic: Diagnostic, ruleIndex: number | undefined): Json {
  const { code, severity, message, file, line, column, endLine, endColumn, pointer, hint } = diagnostic;
  return {
    ruleId: code,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: LEVELS[severity],
    message: { text: hint === undefined ? message : `${message}. ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI((file ?? "stdin").replaceAll(/\p{Surrogate}/gu, "?")) },
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
        ...(pointer === "" ? {} : { logicalLocations: [{ fullyQualifiedName: pointer, kind: "element" }] }),
      },
    ],
  };
}
