import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConformanceCase, parseTable } from "./case.ts";

const root = dirname(fileURLToPath(import.meta.url));

/** All cases of the suite, in the order of their files. */
export function allCases(): readonly ConformanceCase[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml"))
    .toSorted();
  return files.flatMap((file) =>
    parseTable(
      readFileSync(join(root, file), "utf8"),
      relative(".", file)
        .replaceAll("\\", "/")
        .replace(/\.yaml$/u, ""),
    ),
  );
}
