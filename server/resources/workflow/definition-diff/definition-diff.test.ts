import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changesOf } from "./changes.ts";
import { unifiedDiff } from "./unified-diff.ts";

const tasks = (...names: readonly string[]): { do: object[] } => ({
  do: names.map((name) => ({ [name]: { set: { a: name } } })),
});

describe("changesOf", () => {
  test.each([
    ["nothing", tasks("a"), tasks("a"), []],
    [
      "a task put in front",
      tasks("b"),
      tasks("a", "b"),
      [{ kind: "added", pointer: "/do/0/a", after: { set: { a: "a" } } }],
    ],
    [
      "a task taken out",
      tasks("a", "b"),
      tasks("b"),
      [{ kind: "removed", pointer: "/do/0/a", before: { set: { a: "a" } } }],
    ],
    [
      "a task that moved to the end",
      tasks("a", "b", "c"),
      tasks("b", "c", "a"),
      [{ kind: "moved", pointer: "/do/2/a" }],
    ],
    [
      "a value",
      { a: { "x/y": 1 } },
      { a: { "x/y": 2 } },
      [{ kind: "changed", pointer: "/a/x~1y", before: 1, after: 2 }],
    ],
    ["a longer list", { a: [1] }, { a: [1, 2] }, [{ kind: "added", pointer: "/a/1", after: 2 }]],
    ["another type", { a: [] }, { a: {} }, [{ kind: "changed", pointer: "/a", before: [], after: {} }]],
  ])("finds %s", (_name, before, after, want) => {
    expect(changesOf(before as never, after as never)).toEqual(want);
  });
});

describe("unifiedDiff", () => {
  test("shows changes with their surroundings", () => {
    const before = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    const after = [...before.slice(0, 5), "inserted", ...before.slice(5, 11)];
    expect(unifiedDiff(before.join("\n"), after.join("\n"), "old", "new")).toBe(
      [
        "--- old",
        "+++ new",
        "@@ -3,10 +3,10 @@",
        " line 2",
        " line 3",
        " line 4",
        "+inserted",
        " line 5",
        " line 6",
        " line 7",
        " line 8",
        " line 9",
        " line 10",
        "-line 11",
        "",
      ].join("\n"),
    );
  });

  test("applied to the old text it gives the new one, for any two texts", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 30 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = unifiedDiff(before.join("\n"), after.join("\n"), "x", "y");
        expect(patched(before.join("\n"), diff)).toBe(after.join("\n"));
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

/** What `patch` does. */
function patched(text: string, diff: string): string {
  const old = text.split("\n");
  const result: string[] = [];
  let next = 0;
  for (const line of diff.split("\n").slice(2, -1)) {
    const hunk = /^@@ -(\d+),\d+ /u.exec(line);
    if (hunk !== null) {
      while (next < Number(hunk[1]) - 1) result.push(old[next++] as string);
    } else if (line.startsWith("+")) {
      result.push(line.slice(1));
    } else {
      expect(old[next]).toBe(line.slice(1));
      if (line.startsWith(" ")) result.push(old[next] as string);
      next += 1;
    }
  }
  return diff === "" ? text : [...result, ...old.slice(next)].join("\n");
}
