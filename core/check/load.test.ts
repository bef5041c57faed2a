import fc from "fast-check";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../dsl/diagnostic/diagnostic.ts";
import { renderDiagnostics } from "../dsl/diagnostic/render-text.ts";
import { loadWorkflow, loadWorkflows } from "./load.ts";

const shared = fileURLToPath(new URL("../../../shared/ows/", import.meta.url));
const present = existsSync(shared);
const filesOf = (folder: string): readonly string[] => (present ? readdirSync(shared + folder) : []);
const read = (path: string): string => readFileSync(shared + path, "utf8");

const small =
  "document: {dsl: '1.0.3', namespace: n, name: w, version: '1.0.0'}\ndo:\n  - a:\n      set: {b: '${ .c }'}\n";

describe.skipIf(!present)("loadWorkflow of the specification's examples (skipped where ../shared is absent)", () => {
  test.each(filesOf("examples"))("%s", (file) => {
    const { document, diagnostics } = loadWorkflow(read(`examples/${file}`), { file });
    expect(renderDiagnostics(diagnostics.filter(({ severity }) => severity === "error"))).toBe("");
    expect(document?.document.name).toBeTypeOf("string");
  });
});

describe.skipIf(!present)(
  "loadWorkflow refuses the specification's invalid documents (skipped where ../shared is absent)",
  () => {
    test.each(filesOf("invalid"))("%s", (file) => {
      const { document, canonical, diagnostics } = loadWorkflow(read(`invalid/${file}`), { file });
      expect([document, canonical]).toEqual([undefined, undefined]);
      expect(diagnostics.filter(({ severity }) => severity === "error")).toHaveLength(1);
    });
  },
);

test("loadWorkflow gives the same canonical text for the same document, however it is written", () => {
  const json = JSON.stringify({
    do: [{ a: { set: { b: "${ .c }" } } }],
    document: { version: "1.0.0", name: "w", namespace: "n", dsl: "1.0.3" },
  });
  const { canonical } = loadWorkflow(small);
  expect(canonical).toBe(
    '{"do":[{"a":{"set":{"b":"${ .c }"}}}],"document":{"dsl":"1.0.3","name":"w","namespace":"n","version":"1.0.0"}}',
  );
  expect(loadWorkflow(json).canonical).toBe(canonical);
});

test("loadWorkflow names the file, and gives no document with errors", () => {
  expect(loadWorkflow("do: []", { file: "x.yaml" })).toMatchObject({
    diagnostics: [{ file: "x.yaml" }, { file: "x.yaml" }],
  });
  expect(loadWorkflow("do: []").document).toBeUndefined();
});

test("loadWorkflows loads each document of a stream by itself", () => {
  const results = loadWorkflows(`${small}---\n${small.replace("set", "ste")}---\n- x\n`);
  expect(results.map(({ document }) => document !== undefined)).toEqual([true, false, false]);
  expect(results[1]?.diagnostics).toMatchObject([{ code: "OW1020", line: 9, column: 7 }]);
  expect(loadWorkflows("")).toMatchObject([{ diagnostics: [{ code: "OW1010" }] }]);
});

function expectInside(text: string, diagnostics: readonly Diagnostic[]): void {
  const lines = text.replace(/^\uFEFF/u, "").split(/\r\n|\n|\r/u);
  for (const { line, column, endLine, endColumn } of diagnostics) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
    expect(endLine > line || endColumn >= column).toBe(true);
  }
}

const words = [
  "do",
  "set",
  "call",
  "http",
  "then",
  "end",
  "${ .a }",
  "${",
  "}",
  "null",
  "~",
  "[]",
  "{}",
  "- ",
  ": ",
  "\n",
  "  ",
  "'",
  '"',
  "$context",
  "&a",
  "*a",
  "<<",
  "1e999",
  "-1",
  "!!x",
  "__proto__",
  "\t",
  "#",
  "|",
  "é\u{1F600}",
];

describe("loadWorkflow never throws, and its places are inside the text", () => {
  const corpus = present ? filesOf("examples").map((file) => read(`examples/${file}`)) : [small];

  test("on texts with pieces cut out, doubled or put in", () => {
    const edit = fc.record({
      at: fc.nat(3000),
      length: fc.nat(30),
      insert: fc.constantFrom("", ...words),
      double: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.constantFrom(...corpus), fc.array(edit, { minLength: 1, maxLength: 4 }), (original, edits) => {
        let text = original;
        for (const { at, length, insert, double } of edits) {
          const start = at % (text.length + 1);
          const piece = text.slice(start, start + length);
          text = text.slice(0, start) + insert + (double ? piece + piece : "") + text.slice(start + length);
        }
        expectInside(text, loadWorkflow(text).diagnostics);
      }),
      { numRuns: 1500 },
    );
  });

  test("on documents with values exchanged", () => {
    const value = fc.constantFrom<unknown>(
      null,
      0,
      -1,
      "",
      "x",
      "${ .a }",
      true,
      [],
      {},
      [null],
      { a: null },
      "end",
      { constructor: 1 },
      "\uE000",
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...corpus),
        fc.array(fc.tuple(fc.nat(200), value), { minLength: 1, maxLength: 3 }),
        (original, changes) => {
          const document = loadWorkflow(original).document;
          if (document === undefined) return;
          const copy = JSON.parse(JSON.stringify(document)) as object;
          for (const [index, changed] of changes) exchange(copy, index, changed);
          const text = JSON.stringify(copy, null, 1);
          expectInside(text, loadWorkflow(text).diagnostics);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

/** Puts a value in the place of the `index`-th value inside another. */
function exchange(root: object, index: number, value: unknown): void {
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const visit = (holder: object): void => {
    for (const [key, item] of Object.entries(holder)) {
      places.push([holder as Record<string, unknown>, key]);
      if (typeof item === "object" && item !== null) visit(item as object);
    }
  };
  visit(root);
  const place = places[index % Math.max(1, places.length)];
  if (place !== undefined) place[0][place[1]] = structuredClone(value);
}
