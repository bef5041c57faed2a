import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../lib/json.ts";
import { parseStream, parseText } from "./parse-text.ts";

function places(text: string): readonly string[] {
  return parseText(text).diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`);
}

describe("parseText tells what it cannot accept, at its place", () => {
  test.each<[string, string, string]>([
    ["duplicate key", "a: 1\nb:\n  c: 1\n  c: 2\n", "OW1005 4:3"],
    ["duplicate quoted key", "{\"a\": 1, 'a': 2}", "OW1005 1:10"],
    ["tab", "a:\n\tb: 1\n", "OW1007 2:1"],
    ["unknown tag", "a: !secret x\n", "OW1006 1:4"],
    ["JavaScript tag", "a: !!js/function 'x'\n", "OW1006 1:4"],
    ["wrong core tag", "a: !!int x\n", "OW1006 1:4"],
    ["list as key", "? [a]\n: b\n", "OW1008 1:3"],
    ["flow mapping as key", "{{a: 1}: 2}", "OW1008 1:2"],
    ["infinity", "a: -.inf\n", "OW1011 1:4"],
    ["number beyond doubles", "a: 1e999\n", "OW1011 1:4"],
    ["unknown alias", "a: *b\n", "OW1012 1:4"],
    ["alias of itself", "a: &x [*x]\n", "OW1012 1:8"],
    ["merge of a text", "<<: text\n", "OW1014 1:5"],
    ["colon in a value", "a: b: c\n", "OW1001 1:5"],
    ["open bracket", "a: [1, 2\nb: 3\n", "OW1001 2:1"],
    ["open quote", 'a: "x\n', "OW1001 1:5"],
    ["bad indentation", "a:\n  - x: 1\n   y: 2\n", "OW1001 3:4"],
    ["half a surrogate pair", "a: \uD800\n", "OW1009 1:4"],
    ["escaped half a surrogate pair", 'a: "\\uD800"\n', "OW1009 1:5"],
    ["control character", "a: \u0001\n", "OW1009 1:4"],
    ["two documents", "a: 1\n---\nb: 2\n", "OW1013 3:1"],
    ["a list", "- a\n", "OW1010 1:1"],
    ["a text", "hello\n", "OW1010 1:1"],
    ["nothing", "", "OW1010 1:1"],
    ["comments only", "# nothing\n", "OW1010 1:1"],
  ])("%s", (_name, text, place) => {
    expect(places(text)).toEqual([place]);
  });
});

describe("parseText reads YAML 1.2 and JSON", () => {
  test.each<[string, string, Json]>([
    [
      "core schema",
      "a: [yes, on, 0o14, 0x1F, 1_000, 1e3, ~, True, 12:30, 2024-01-01, .5, +1, -0]\n",
      { a: ["yes", "on", 12, 31, "1_000", 1000, null, true, "12:30", "2024-01-01", 0.5, 1, 0] },
    ],
    ["JSON with tabs", '{\n\t"a": [1, "\\u00e9\\/", true, null]\n}', { a: [1, "é/", true, null] }],
    ["byte order mark and CR LF", "\uFEFFa: 1\r\nb: |\r\n  x\r\n  y\r\n", { a: 1, b: "x\ny\n" }],
    ["aliases", "a: &x {b: 1}\nc: *x\n", { a: { b: 1 }, c: { b: 1 } }],
    [
      "merge keys",
      "d: &d {a: 1, b: 1}\ne: &e {b: 2, c: 2}\nx:\n  <<: [*d, *e]\n  c: 3\n",
      { d: { a: 1, b: 1 }, e: { b: 2, c: 2 }, x: { a: 1, b: 1, c: 3 } },
    ],
    ["keys that look like numbers", "1: a\ntrue: b\n", { "1": "a", true: "b" }],
    ["core tags", 'a: !!str 1\nb: !!int "1"\nc: ! 2\n', { a: "1", b: 1, c: "2" }],
    ["a quoted merge key is a key", "'<<': 1\n", { "<<": 1 }],
    ["separators around one document", "---\na: 1\n...\n", { a: 1 }],
  ])("%s", (_name, text, value) => {
    const parsed = parseText(text);
    expect(parsed.diagnostics).toEqual([]);
    expect(parsed.value).toEqual(value);
  });

  test("`__proto__` and `constructor` are plain keys", () => {
    const { value } = parseText("__proto__: {polluted: 1}\nconstructor: 2\n");
    expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("parseText ends in one clear diagnostic on nasty texts", () => {
  const laughs = Array.from(
    { length: 9 },
    (_, level) =>
      `l${level}: &l${level} [${level === 0 ? "x" : Array.from({ length: 9 }, () => `*l${level - 1}`).join(",")}]`,
  ).join("\n");
  test.each<[string, string, string]>([
    ["brackets", "[".repeat(100_000), "OW1003"],
    ["closed brackets", "[".repeat(1000) + "]".repeat(1000), "OW1003"],
    ["braces", "{a: ".repeat(50_000), "OW1003"],
    ["explicit keys", "? ".repeat(500), "OW1003"],
    ["very many explicit keys", "? ".repeat(500_000), "OW1003"],
    ["dashes", "- ".repeat(500_000), "OW1003"],
    ["indented mappings", Array.from({ length: 100 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"), "OW1003"],
    ["billion laughs", laughs, "OW1004"],
    [
      "a long text laughed at",
      `a: &a ${"x".repeat(900_000)}\nb: [${Array.from({ length: 50 }, () => "*a").join(",")}]`,
      "OW1004",
    ],
    [
      "depth through aliases",
      `a: &a ${"[".repeat(40)}${"]".repeat(40)}\nb: ${"[".repeat(40)}*a${"]".repeat(40)}`,
      "OW1003",
    ],
    ["101 aliases", `a: &a 1\nb: [${Array.from({ length: 101 }, () => "*a").join(",")}]`, "OW1004"],
    ["more than 1 MiB", "#".repeat(1_048_577), "OW1002"],
    ["1 MiB of quotes", '"\\'.repeat(524_288), "OW1001"],
    ["1 MiB of anchors", "&a ".repeat(300_000), "OW1001"],
    ["1 MiB of colons", "k: ".repeat(300_000), "OW1001"],
    ["a key of 100 kB in braces", `{${"k".repeat(100_000)}: 1, ? [`, "OW1001"],
    ["directives", "%YAML 1.2\n".repeat(50_000), "OW1001"],
    ["null byte", "a: \u0000", "OW1009"],
  ])("%s", (_name, text, code) => {
    const { diagnostics } = parseText(text);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    expect(diagnostics[0]?.sourceLine.length).toBeLessThanOrEqual(160);
  });

  test("a text of 60 levels is accepted", () => {
    expect(parseText(`a: ${"[".repeat(60)}${"]".repeat(60)}`).diagnostics).toEqual([]);
  });

  test("very many duplicate keys give a bounded number of diagnostics", () => {
    expect(parseText("a:\n".repeat(100_000)).diagnostics.length).toBeLessThanOrEqual(50);
  });
});

describe("Positions", () => {
  const text = ["a:", "  - b: one", "    'c d': \"two\"", "  - |", "    x", "    yz", "e: {f: [1, 2]}", ""].join("\n");
  const { positions } = parseText(text);
  const shown = ({ start, end }: { readonly start: number; readonly end: number }): string => text.slice(start, end);
  test.each<[string, string, string]>([
    ["/a/0/b", "b", "one"],
    ["/a/0/c d", "'c d'", '"two"'],
    ["/e/f", "f", "f"],
    ["/e/f/1", "2", "2"],
    ["/a/0", "b", "b"],
    ["/a", "a", "a"],
    ["/e/g/h", "e", "e"],
  ])("of %s", (pointer, key, value) => {
    expect([shown(positions.key(pointer)), shown(positions.value(pointer))]).toEqual([key, value]);
  });

  const code = { code: "X", name: "x", severity: "error", summary: "", explanation: "" } as const;
  test.each<[string, number, string]>([
    ['a: "x\\n\\"y"', 3, "1:10"],
    ["a: 'it''s'", 3, "1:9"],
    ["a: plain text", 6, "1:10"],
    ["a: |\n  line\n    two", 7, "3:5"],
    ['a: "\\u00e9z"', 1, "1:11"],
  ])("a span in %j at %d", (source, offset, place) => {
    const { line, column } = parseText(source).positions.place({
      code,
      message: "",
      pointer: "/a",
      span: { offset, length: 1 },
    });
    expect(`${line}:${column}`).toBe(place);
  });
});

test("parseStream gives every document, with places in the whole text", () => {
  const documents = parseStream("a: 1\n---\n---\nb: 2\nb: 3\n...\n---\nc: 4\n");
  expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }, { c: 4 }]);
  expect(documents[1]?.diagnostics).toMatchObject([{ code: "OW1005", line: 5, column: 1 }]);
});

test("parseText reads back any JSON", () => {
  const noHalves = (value: unknown): boolean => !/\\ud[89a-f]/iu.test(JSON.stringify(value));
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "grapheme", maxLength: 20 }), fc.jsonValue({ maxDepth: 5 }).filter(noHalves)),
      (value) => {
        const text = JSON.stringify(value);
        const parsed = parseText(text);
        // eslint-disable-next-line no-control-regex -- texts with raw control characters are refused on purpose
        if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/u.test(text)) return;
        expect(parsed.diagnostics).toEqual([]);
        expect(JSON.stringify(parsed.value)).toBe(JSON.stringify(JSON.parse(text)));
      },
    ),
  );
});

test("parseStream never throws, and its places are inside the text", () => {
  const piece = fc.constantFrom(
    "a",
    ":",
    " ",
    "\n",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "'",
    '"',
    "\\",
    "#",
    "\t",
    "---\n",
    "%",
    "<<: ",
    "é",
    "\r\n",
    "1",
    "~",
    "...",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      const lines = text.split(/\r\n|\n|\r/u);
      for (const { line, column } of parseStream(text).flatMap(({ diagnostics }) => diagnostics)) {
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
      }
    }),
    { numRuns: 2000 },
  );
});
