import { readFileSync } from "node:fs";
import path from "node:path";
import { parseText } from "@stigmer/core/dsl/parse/parse-text.ts";
import { checkShape } from "@stigmer/core/dsl/schema/check-shape.ts";
import { expect, test } from "vitest";
import { testFileShape } from "./test-file-shape.ts";

test("the form that docs/guides/testing.md shows is the form that is read", () => {
  const guide = readFileSync(path.resolve(import.meta.dirname, "../../../docs/guides/testing.md"), "utf8");
  const { value, diagnostics } = parseText(/```yaml\n(.*?)```/su.exec(guide)?.[1] ?? "");
  expect(diagnostics).toEqual([]);
  expect(checkShape(value ?? null, testFileShape).findings).toEqual([]);
});
