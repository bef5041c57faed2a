import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { capturedTerminal } from "../output/captured-terminal.ts";
import { dev } from "./dev.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-dev-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workflow = (name: string, value: string): string =>
  `document: { dsl: 1.0.3, namespace: t, name: ${name}, version: 1.0.0 }\ndo:\n  - a:\n      set: { x: ${value} }\n`;

test("stigmer dev applies what is there, then what is saved, and shows what is not valid", async () => {
  const terminal = capturedTerminal();
  const abort = new AbortController();
  const said = (text: string) => vi.waitFor(() => expect(terminal.stderr()).toContain(text), { timeout: 20_000 });
  writeFileSync(path.join(folder, "one.yaml"), workflow("one", "1"));
  writeFileSync(path.join(folder, "one.test.yaml"), "cases: []");
  writeFileSync(path.join(folder, "input.yaml"), "x: 1\n");
  const options = { ephemeral: true, port: "0", data: ".data", org: "local" };
  const done = dev.run({ terminal, arguments: [folder], options, signal: abort.signal });
  await said("watching");
  expect(terminal.stderr()).toContain("workflow/one created  revision 1");
  expect(terminal.stderr()).toContain(`left out 1 file of ${folder}: `);
  writeFileSync(path.join(folder, "input.yaml"), "x: 2\n");
  writeFileSync(path.join(folder, "two.yaml"), workflow("two", "2"));
  await said("workflow/two created  revision 1");
  writeFileSync(path.join(folder, "one.yaml"), workflow("one", "3"));
  await said("workflow/one configured  revision 2");
  writeFileSync(path.join(folder, "one.yaml"), workflow("one", "4").replace("set", "st"));
  await said(`not applied: ${path.join(folder, "one.yaml")}`);
  expect(terminal.stderr()).toContain('did you mean "set"?');
  expect(terminal.stderr()).not.toContain("input.yaml");
  abort.abort();
  expect(await done).toBe(0);
}, 60_000);
