import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test as check, vi } from "vitest";
import { test } from "./commands/test.ts";
import { capturedTerminal } from "./output/captured-terminal.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-watch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

check(
  "stigmer test --watch runs again when the workflow or a test is saved, and goes on after a mistake",
  async () => {
    const workflow = (value: string): void =>
      writeFileSync(
        path.join(folder, "workflow.yaml"),
        `document: { dsl: 1.0.3, namespace: t, name: w, version: 1.0.0 }\ndo:\n  - a:\n      set: { x: ${value} }\n`,
      );
    const tests = (value: string): void =>
      writeFileSync(
        path.join(folder, "workflow.test.yaml"),
        `cases: [{ name: one, expect: { output: { x: ${value} } } }]\n`,
      );
    workflow("1");
    tests("1");
    const terminal = capturedTerminal();
    const abort = new AbortController();
    const options = { watch: true, output: "text" };
    const done = test.run({ terminal, arguments: [folder], options, signal: abort.signal });
    const rounds = (): number => terminal.stderr().split("watching; Ctrl-C stops").length - 1;
    const said = (text: string, round: number) =>
      vi.waitFor(
        () => {
          expect(rounds()).toBeGreaterThanOrEqual(round);
          expect(terminal.stderr().split("watching; Ctrl-C stops").slice(0, -1).at(-1)).toContain(text);
        },
        { timeout: 20_000 },
      );
    await said("1 passed, 0 failed", 1);
    workflow("2");
    await said("0 passed, 1 failed", 2);
    tests("2");
    await said("1 passed, 0 failed", 3);
    workflow("[");
    await said("error[OW1001]", 4);
    workflow("2");
    await said("1 passed, 0 failed", 5);
    abort.abort();
    expect(await done).toBe(0);
  },
  60_000,
);

check("stigmer test --watch refuses a folder that is not there", async () => {
  const terminal = capturedTerminal();
  const options = { watch: true, output: "text" };
  const signal = new AbortController().signal;
  await expect(
    test.run({ terminal, arguments: [path.join(folder, "nowhere")], options, signal }),
  ).rejects.toMatchObject({ status: 3 });
});
