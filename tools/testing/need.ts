import { existsSync } from "node:fs";
import path from "node:path";
import { describe, it } from "vitest";

/*
 * What a test needs of the machine. The test command installs or starts it where it can (tools/test.ts). Where it cannot, the tests are skipped by the name of what is lacking;
 * in CI (CI=true) they fail instead, so that none is lost unseen. Material beside the repository (../shared) is no need: a clone does without it everywhere.
 */

/** Describes tests that have a need; `lack` says what is not met, and stands in their place as one test, which is skipped, or fails in CI. */
export function describeNeeding(lack: string | undefined, name: string, body: () => void): void {
  if (lack === undefined) describe(name, body);
  else describe(name, () => missed(lack));
}

/** The same for a single test. */
export function itNeeding(
  lack: string | undefined,
  name: string,
  body: () => Promise<void> | void,
  timeoutMs?: number,
): void {
  if (lack === undefined) it(name, body, timeoutMs);
  else missed(`${name}: ${lack}`);
}

function missed(name: string): void {
  if (process.env["CI"] !== "true") {
    it.skip(name, () => {});
    return;
  }
  it(name, () => {
    throw new Error(`Cannot test this: ${name}. In CI every test runs`);
  });
}

/** Says which of some programs are not on the path, the folders of servers included; undefined where all are. */
export function lackOfPrograms(...programs: readonly string[]): string | undefined {
  const folders = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin:/sbin`.split(path.delimiter);
  const absent = programs.filter((program) => !folders.some((folder) => existsSync(path.join(folder, program))));
  return absent.length === 0
    ? undefined
    : `needs ${absent.join(" and ")}, which ${absent.length === 1 ? "is" : "are"} not installed`;
}
