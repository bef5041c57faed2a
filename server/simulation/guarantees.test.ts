import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const text = readFileSync(path.join(root, "docs/guarantees.md"), "utf8");
const simulation = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => readFileSync(path.join(import.meta.dirname, file), "utf8"))
  .join("\n");

test("every test that docs/guarantees.md names exists", () => {
  const missing: string[] = [];
  let file = "";
  let source = "";
  for (const [, named, quoted] of text.matchAll(/`([\w./-]+\.ts)`|"([^"]+)"/gu)) {
    if (named !== undefined) {
      file = named;
      const full = path.join(root, named);
      source = existsSync(full) ? readFileSync(full, "utf8") : "";
      if (source === "") missing.push(named);
    } else if (quoted !== undefined && !source.includes(quoted)) missing.push(`${file}: ${quoted}`);
  }
  expect(missing).toEqual([]);
});

test("every invariant that docs/guarantees.md names is checked by the simulation", () => {
  const named = new Set([...text.matchAll(/\bI(\d+)\b/gu)].map(([name]) => name));
  expect(named.size).toBe(14);
  expect([...named].filter((name) => !simulation.includes(`${name}:`))).toEqual([]);
});
