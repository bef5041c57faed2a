import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { startApp } from "../app.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { helloDefinition } from "../resources/testing/definitions.ts";
import { commands } from "./commands/index.ts";
import { type CommandOutcome, runCommand } from "./run-command.ts";

const guide = readFileSync(path.join(import.meta.dirname, "../../docs/guides/resources.md"), "utf8");
const lines = [...guide.matchAll(/^```sh\n(.*?)^```$/gmsu)].flatMap(([, block = ""]) => block.trimEnd().split("\n"));
/** Commands for a server that is stopped. */
const STOPPED = /^stigmer (restore|rotate-key)/u;

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-guide-"));
const data = path.join(folder, ".data");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runLine(line: string, ...more: readonly string[]): Promise<CommandOutcome> {
  const [program, name, ...args] = line.split(" ");
  const definition = commands.find((command) => command.name === name);
  expect(program).toBe("stigmer");
  if (definition === undefined) throw new Error(`Cannot run "${line}": there is no such command`);
  return runCommand(definition, [...args, ...more]);
}

test("every command of docs/guides/resources.md does what the page says", async () => {
  writeFileSync(path.join(folder, "hello.yaml"), helloDefinition());
  const { config } = resolveConfig({ flags: { data, port: 0, "log-level": "silent" }, environment: {} });
  const app = await startApp(config);
  let backup = "";
  for (const line of lines.filter((text) => !STOPPED.test(text))) {
    const { status, stdout, stderr } = await runLine(
      line.replace("hello.yaml", path.join(folder, "hello.yaml")),
      "--server",
      app.address,
    );
    expect({ line, status, stderr }).toMatchObject({ status: 0 });
    if (line === "stigmer backup") backup = stdout.trim();
    if (line === "stigmer get workflows -o json") expect(stdout).toContain('"slug": "hello"');
    if (line === "stigmer run hello") expect(stdout).toContain("greeting");
  }
  await app.close();
  expect(path.dirname(backup)).toBe(path.join(data, "backups"));
  const stopped = lines.filter((text) => STOPPED.test(text));
  expect(stopped).toHaveLength(3);
  for (const line of stopped) {
    const { status, stderr } = await runLine(line.replace(/\S+\.db$/u, backup), "--data", data);
    expect({ line, status, stderr }).toMatchObject({ status: 0 });
  }
}, 60_000);
