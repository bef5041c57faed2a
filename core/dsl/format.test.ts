import fc from "fast-check";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Lexer } from "yaml";
import { formatWorkflow } from "./format.ts";
import { parseText } from "./parse/parse-text.ts";

test("formatWorkflow sorts keys, indents, and keeps comments", () => {
  const before =
    "# all of it\ndo:\n    - a: \n        then: end\n        # why\n        set: {b: 1} # tail\ndocument:\n    name: w\n    dsl: '1.0.3' # release\n";
  expect(formatWorkflow(before).text).toBe(
    "document:\n  dsl: '1.0.3' # release\n  name: w\n# all of it\ndo:\n  - a:\n      # why\n      set: { b: 1 } # tail\n      then: end\n",
  );
});

test("formatWorkflow keeps the order where aliases depend on it", () => {
  const text = "do:\n  - a:\n      then: &x end\n      set: { b: *x }\n";
  expect(formatWorkflow(text).text).toBe(text);
});

test("formatWorkflow keeps JSON as JSON", () => {
  expect(formatWorkflow('{"do":[],"document":{"name":"w","dsl":"1.0.3"}}').text).toBe(
    '{\n  "document": {\n    "dsl": "1.0.3",\n    "name": "w"\n  },\n  "do": []\n}\n',
  );
});

test("formatWorkflow leaves a text that cannot be read as it is, and says why", () => {
  expect(formatWorkflow("a: [")).toMatchObject({ text: "a: [", diagnostics: [{ code: "OW1001" }] });
});

test("formatWorkflow formats streams", () => {
  expect(formatWorkflow("a:   1\n---\nb:   2\n").text).toBe("a: 1\n---\nb: 2\n");
});

test("formatWorkflow is stable and keeps the data, whatever the layout", () => {
  const key = fc.constantFrom("then", "set", "if", "document", "do", "name", "metadata", "# note\n  x");
  const value = fc.constantFrom(
    "1",
    "'a'",
    "{ a:  1 }",
    "\n    - b:  2\n    # c\n    - d",
    "|\n    text\n      more",
    '  "x\\ny" # tail',
    "~",
    ">-\n    folded\n    text\n",
    "[1,   2]",
  );
  const entry = fc.tuple(key, value, fc.constantFrom("", "\n", "# before\n", "\n\n# far\n\n"));
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ([name]) => name, maxLength: 6 }), (entries) => {
      const text = entries
        .map(([name, content, before]) => `${before}${name.replace("\n  ", "\n")}: ${content}\n`)
        .join("");
      const once = formatWorkflow(text).text;
      expect(formatWorkflow(once).text).toBe(once);
      expect(parseText(once).value).toEqual(parseText(text).value);
    }),
    { numRuns: 500 },
  );
});

const examples = fileURLToPath(new URL("../../../shared/ows/examples/", import.meta.url));

describe.skipIf(!existsSync(examples))(
  "formatWorkflow of the specification's examples (skipped where ../shared is absent)",
  () => {
    test.each(existsSync(examples) ? readdirSync(examples) : [])("%s", (file) => {
      const text = readFileSync(examples + file, "utf8");
      const once = formatWorkflow(text).text;
      expect(formatWorkflow(once).text).toBe(once);
      expect(parseText(once).value).toEqual(parseText(text).value);
      expect(once.match(/#/gu)?.length).toBe(text.match(/#/gu)?.length);
    });
  },
);

test("formatWorkflow keeps flow lists tight and flow mappings not", () => {
  expect(formatWorkflow("set: {x: [ 1,2 ], y: [ {a: [ ]} ], z: { }} # tail\n").text).toBe(
    "set: { x: [1, 2], y: [{ a: [] }], z: {} } # tail\n",
  );
});

describe("formatWorkflow of every example", () => {
  const root = fileURLToPath(new URL("../../examples", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("workflow.yaml"))
    .map((file) => ({ file, text: readFileSync(`${root}/${file}`, "utf8") }));
  const comments = (text: string): readonly string[] =>
    [...new Lexer().lex(text)].filter((lexeme) => lexeme.startsWith("#")).toSorted();

  test("keeps the data and every comment, wherever comments stand, and is stable", () => {
    expect(files.length).toBeGreaterThan(20);
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(fc.nat(200), { maxLength: 5 }), ({ text }, places) => {
        const lines = text.split("\n");
        for (const [count, place] of places.entries()) {
          const at = place % lines.length;
          const indent = /^ */u.exec(lines[at] ?? "")?.[0] ?? "";
          lines.splice(at, 0, `${indent}# note ${count}`);
        }
        const before = lines.join("\n");
        // Inside a text over several lines it would be no comment.
        fc.pre(comments(before).length === comments(text).length + places.length);
        const once = formatWorkflow(before).text;
        expect(comments(once)).toEqual(comments(before));
        expect(parseText(once).value).toEqual(parseText(before).value);
        expect(formatWorkflow(once).text).toBe(once);
      }),
      { numRuns: 100 },
    );
  });
});
