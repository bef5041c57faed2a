import { execFileSync } from "node:child_process";

/** Workloads that measure one part of Stigmer and have a command of their own; each prints its own table. */
export const parts: Readonly<Record<string, readonly (readonly string[])[]>> = {
  jq: [
    ["npm", "install", "--prefix", "jq", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"],
    ["npm", "run", "--silent", "--prefix", "jq", "bench"],
  ],
  crud: [["npx", "tsx", "--conditions=source", "crud/crud.ts"]],
  waiting: [["npx", "tsx", "--conditions=source", "engine/waiting.ts", "--runs", "1000000"]],
};

/** Runs the commands of a part and gives what the last one printed. */
export function measurePart(name: string): string {
  let printed = "";
  for (const [program = "", ...given] of parts[name] ?? [])
    printed = execFileSync(program, given, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  return printed.trim();
}
