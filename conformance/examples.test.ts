import { describe, expect, test } from "vitest";
import { officialDocuments, problemsOf } from "./official-examples.ts";

const examples = officialDocuments("examples");
const invalid = officialDocuments("invalid");

describe.skipIf(examples.length === 0)("the specification's examples (skipped where ../shared is absent)", () => {
  test("are 68, and 3 that are invalid", () => {
    expect([examples.length, invalid.length]).toEqual([68, 3]);
  });
  test.each(examples)("$name loads and compiles", (example) => {
    expect(problemsOf(example)).toEqual([]);
  });
  test.each(invalid)("$name is refused", (document) => {
    expect(problemsOf(document)).not.toEqual([]);
  });
});
