import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

import { generate, lint, wireLock } from "../tools/generate.mjs";

const temporary = mkdtempSync(path.join(tmpdir(), "stigmer-gen-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const REMEDY = "run `npm run generate` and commit the result";

function tree(dir: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [path.relative(dir, file), readFileSync(file, "utf8")]),
  );
}

test("api/gen is what the .proto files generate", async () => {
  const fresh = path.join(temporary, "gen");
  await generate(fresh);
  expect(tree(path.join(import.meta.dirname, "gen")), REMEDY).toEqual(tree(fresh));
});

test("api/wire.lock.json holds the digest of every part of the wire", async () => {
  expect(readFileSync(path.join(import.meta.dirname, "wire.lock.json"), "utf8"), REMEDY).toBe(await wireLock());
});

test("the .proto files pass their lint rules and every element has a comment", async () => {
  await expect(lint()).resolves.toBeUndefined();
});
