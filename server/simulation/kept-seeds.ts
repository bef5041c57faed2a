import { readFileSync } from "node:fs";

/** Seeds that once failed, one a line with what they found; they are run first, for ever. */
export function keptSeeds(): readonly number[] {
  const text = readFileSync(new URL("./seeds.txt", import.meta.url), "utf8");
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/u, "").trim())
    .filter((line) => line !== "")
    .map(Number);
}
