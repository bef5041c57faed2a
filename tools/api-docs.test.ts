import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { apiReference, apiReferencePath } from "./api-docs.ts";

test("docs/reference/api.md is what the .proto files say", async () => {
  const reference = await apiReference();
  expect(readFileSync(apiReferencePath, "utf8"), "run `npm run generate` and commit the result").toBe(reference);
  expect(reference).not.toMatch(/\| {2}\|$/mu);
});

test("every link inside docs/reference/api.md leads to a heading", async () => {
  const reference = readFileSync(apiReferencePath, "utf8");
  const headings = new Set(
    [...reference.matchAll(/^## (.+)$/gmu)].map((match) =>
      (match[1] as string).toLowerCase().replaceAll(/[^a-z0-9_-]/gu, ""),
    ),
  );
  const broken = [...reference.matchAll(/\]\(#([^)]+)\)/gu)]
    .map((match) => match[1] as string)
    .filter((name) => !headings.has(name));
  expect(broken).toEqual([]);
});
