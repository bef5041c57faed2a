import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { problemsOf } from "./official-examples.ts";

const docs = join(import.meta.dirname, "..", "docs");
const pages = [
  join(docs, "semantics.md"),
  join(docs, "guides", "events.md"),
  ...readdirSync(join(docs, "reference", "tasks")).map((file) => join(docs, "reference", "tasks", file)),
];

const blocks = pages.filter(existsSync).flatMap((page) =>
  [...readFileSync(page, "utf8").matchAll(/```yaml\n([\s\S]*?)```/gu)].map((match, index) => ({
    name: `${page.slice(docs.length + 1)} ${index + 1}`,
    text: match[1] as string,
  })),
);

describe("workflows of the documentation", () => {
  test("there are some", () => {
    expect(blocks.length).toBeGreaterThanOrEqual(12);
  });
  test.each(blocks)("$name loads and compiles", (block) => {
    expect(problemsOf(block)).toEqual([]);
  });
});
