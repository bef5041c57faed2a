import { expect, test } from "vitest";
import type { Diagnostic } from "./diagnostic.ts";
import { sortDiagnostics } from "./diagnostic.ts";
import { diagnosticToJson } from "./render-json.ts";
import { diagnosticsToSarif } from "./render-sarif.ts";
import { renderDiagnostic, renderDiagnostics } from "./render-text.ts";

const diagnostic: Diagnostic = {
  code: "OW1020",
  severity: "error",
  message: 'Cannot use "cal" here',
  file: "a.yaml",
  line: 12,
  column: 7,
  endLine: 12,
  endColumn: 10,
  pointer: "/do/0/a/cal",
  hint: 'did you mean "call"?',
  sourceLine: "      cal: http",
  sourceColumnOffset: 0,
};

test("renderDiagnostic shows place, line, carets and help", () => {
  expect(renderDiagnostic(diagnostic)).toBe(
    [
      'error[OW1020]: Cannot use "cal" here',
      "  --> a.yaml:12:7",
      "   |",
      "12 |       cal: http",
      "   |       ^^^",
      '   = help: did you mean "call"?',
    ].join("\n"),
  );
});

test("renderDiagnostic paints by role, and shows control characters as question marks", () => {
  const nasty = { ...diagnostic, sourceLine: "\u001b[31m cal\t\u202e", message: "a\u0007b", column: 7, endColumn: 10 };
  const text = renderDiagnostic(nasty, (role, painted) => `<${role}>${painted}</>`);
  expect(text).toContain("<error>error[OW1020]</>: a?b");
  expect(text).toContain("?[31m cal ?");
  // oxlint-disable-next-line no-control-regex -- exactly these must not come through
  expect(text).not.toMatch(/[\u001b\u202e\u0007]/u);
});

test("renderDiagnostic keeps the caret under the token of a shortened line", () => {
  const long = {
    ...diagnostic,
    column: 1001,
    endColumn: 1004,
    sourceLine: `${"x".repeat(80)}cal${"x".repeat(77)}`,
    sourceColumnOffset: 920,
  };
  const lines = renderDiagnostic(long).split("\n");
  expect(lines[3]?.indexOf("cal")).toBe(lines[4]?.indexOf("^^^"));
});

test("renderDiagnostics counts", () => {
  expect(renderDiagnostics([diagnostic, { ...diagnostic, severity: "warning" }, diagnostic])).toMatch(
    /\n\n2 errors, 1 warning$/u,
  );
});

test("diagnosticToJson leaves out what is absent", () => {
  const { file: _file, hint: _hint, ...bare } = diagnostic;
  expect(Object.keys(diagnosticToJson(bare))).toEqual([
    "code",
    "severity",
    "message",
    "line",
    "column",
    "endLine",
    "endColumn",
    "pointer",
  ]);
  expect(diagnosticToJson(diagnostic)).toMatchObject({ file: "a.yaml", hint: 'did you mean "call"?' });
});

test("diagnosticsToSarif describes the rules that were used", () => {
  const codes = ["OW1020", "OW1021"].map((code) => ({
    code,
    name: "n",
    severity: "error" as const,
    summary: "s",
    explanation: "e",
  }));
  expect(diagnosticsToSarif([diagnostic], codes, "1.2.3")).toMatchObject({
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { version: "1.2.3", rules: [{ id: "OW1020", defaultConfiguration: { level: "error" } }] } },
        results: [
          {
            ruleId: "OW1020",
            ruleIndex: 0,
            level: "error",
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: "a.yaml" },
                  region: { startLine: 12, startColumn: 7, endLine: 12, endColumn: 10 },
                },
              },
            ],
          },
        ],
      },
    ],
  });
});

test("sortDiagnostics orders by place", () => {
  const at = (line: number, column: number): Diagnostic => ({ ...diagnostic, line, column });
  expect(sortDiagnostics([at(2, 1), at(1, 9), at(1, 2)]).map(({ line, column }) => `${line}:${column}`)).toEqual([
    "1:2",
    "1:9",
    "2:1",
  ]);
});
