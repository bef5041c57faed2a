import { describe, expect, test } from "vitest";
import { EditorDocument } from "./editor.ts";

const TEXT = `document: { dsl: 1.0.3, namespace: t, name: e, version: 1.0.0 }
use:
  retries:
    patient: { delay: PT1S }
do:
  - first:
      try:
        - inner:
            set: { x: 1 }
            then: other
        - other:
            wait: PT1S
      catch:
        retry: patient
      then: last
  - pick:
      switch:
        - big: { when: .n > 1, then: first }
        - small: { then: last }
  - last:
      set: { y: 1 }
`;

const document = new EditorDocument(TEXT);
/** The offset just inside the first place of a text, after what comes before it. */
const at = (part: string, after = ""): number => TEXT.indexOf(part, TEXT.indexOf(after)) + 1;
const shown = (range: { start: number; end: number } | undefined): string | undefined =>
  range === undefined
    ? undefined
    : `${TEXT.slice(range.start, range.end)}@${TEXT.slice(0, range.start).split("\n").length}`;

describe("EditorDocument", () => {
  test.each([
    ["other\n", "then: other", "other@11"],
    ["last\n", "then: last", "last@20"],
    ["first }", "big", "first@6"],
    ["last }", "small", "last@20"],
    ["patient\n", "retry", "patient@4"],
    ["PT1S\n", "wait", undefined],
  ])("definition of %j after %j", (part, after, expected) => {
    expect(shown(document.definition(at(part, after)))).toBe(expected);
  });

  test.each([
    ["wait", "other:", "**wait**: Waits for a duration."],
    ["last:", "", "**last**: a `set` task. Makes data: its value is the task's output."],
    ["retry", "catch", "**retry**: A retry policy"],
    ["namespace", "", undefined],
    ["1.0.3", "", undefined],
  ])("hover over %j after %j", (part, after, expected) => {
    const text = document.hover(at(part, after))?.text;
    if (expected === undefined) expect(text).toBeUndefined();
    else expect(text).toContain(expected);
  });

  test.each([
    ["then targets", "then: ", ["first", "pick", "last", "continue", "exit", "end"]],
    ["functions and protocols", "call: h", ["http", "grpc", "openapi", "asyncapi", "a2a", "mcp"]],
    ["retries", "retry: ", ["patient"]],
    ["nothing after other keys", "delay: ", []],
  ])("completes %s", (_name, line, expected) => {
    const text = `${TEXT}      ${line}`;
    const labels = new EditorDocument(text).complete(text.length).map(({ label }) => label);
    expect(labels).toEqual(expect.arrayContaining(expected));
    if (expected.length === 0) expect(labels).toEqual([]);
  });

  test.each([
    ["a task by its key", "last:", "- last", ["last@20", "last@15", "last@19"]],
    ["a task by a then", "first }", "big", ["first@6", "first@18"]],
    ["a task of an inner list", "other\n", "then: other", ["other@11", "other@10"]],
    ["a retry policy", "patient", "", ["patient@4", "patient@14"]],
    ["no name", "1.0.3", "", []],
  ])("references of %s", (_name, part, after, expected) => {
    expect(document.references(at(part, after)).map(shown)).toEqual(expected);
  });

  test("rename replaces the definition and what refers to it, and nothing else", () => {
    const edits = document.rename(at("last:", "- last"), "finish");
    if (edits === undefined || "refused" in edits) throw new Error("it can be renamed");
    const renamed = edits
      .toSorted((left, right) => right.range.start - left.range.start)
      .reduce((text, { range, text: by }) => text.slice(0, range.start) + by + text.slice(range.end), TEXT);
    expect(renamed).toBe(TEXT.replaceAll("last", "finish"));
  });

  test.each([
    ["the name of another task", "pick", "there is one already"],
    ["a directive", "end", "a meaning of its own"],
    ["what is no plain name", "a: b", "a name is letters"],
  ])("rename refuses %s", (_name, to, because) => {
    expect(document.rename(at("last:", "- last"), to)).toEqual({ refused: expect.stringContaining(because) });
  });

  test("outline is the tasks as a tree, with their kinds", () => {
    const shape = (entries: ReturnType<EditorDocument["outline"]>): unknown =>
      entries.map(({ name, kind, tasks }) => [name, kind, shape(tasks)]);
    expect(shape(document.outline())).toEqual([
      [
        "first",
        "try",
        [
          ["inner", "set", []],
          ["other", "wait", []],
        ],
      ],
      ["pick", "switch", []],
      ["last", "set", []],
    ]);
  });

  test("completes keys at the start of a line, and survives any broken text", () => {
    const text = `${TEXT}      `;
    expect(new EditorDocument(text).complete(text.length).map(({ label }) => label)).toEqual(
      expect.arrayContaining(["then", "set", "if"]),
    );
    for (const broken of ["", "do: [", "- ", "a: &a [*a]", "\u0000"]) {
      const editor = new EditorDocument(broken);
      expect([editor.hover(0), editor.definition(0), editor.rename(0, "x")]).toEqual([undefined, undefined, undefined]);
      expect([editor.references(0), editor.outline()]).toEqual([[], []]);
    }
  });
});
