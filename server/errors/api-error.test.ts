import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

import { ApiError } from "./api-error.ts";
import { catalogue, type CatalogueEntry } from "./catalogue.ts";

describe("ApiError", () => {
  test("takes its code from the catalogue", () => {
    const error = new ApiError("RESOURCE_NOT_FOUND", "Workflow not found: wfl-1", { metadata: { kind: "Workflow" } });
    expect(error).toMatchObject({
      code: "NOT_FOUND",
      reason: "RESOURCE_NOT_FOUND",
      message: "Workflow not found: wfl-1",
    });
    expect(error.violations).toEqual([]);
  });

  test("keeps its cause for the log", () => {
    const cause = new Error("disk");
    expect(new ApiError("DISK_FULL", "x", { cause }).cause).toBe(cause);
    expect("cause" in new ApiError("DISK_FULL", "x")).toBe(false);
  });
});

/** Rows of the table below `## Errors of the API`. */
function documented(): Record<string, CatalogueEntry> {
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/reference/errors.md"), "utf8");
  const section = page.split(/^## /mu).find((part) => part.startsWith("Errors of the API")) ?? "";
  const rows = [...section.matchAll(/^\| `([A-Z_]+)` \| ([A-Z_]+) \| (.+) \| (.+) \|$/gmu)];
  return Object.fromEntries(rows.map(([, reason, code, meaning, remedy]) => [reason, { code, meaning, remedy }]));
}

test("the catalogue and docs/reference/errors.md say the same", () => {
  expect(documented()).toEqual(catalogue);
});
