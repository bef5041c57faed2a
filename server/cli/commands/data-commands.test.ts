import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import { type App, startApp } from "../../app.ts";
import { resolveConfig } from "../../config/resolve-config.ts";
import { environment, execution, workflow } from "../../resources/testing/definitions.ts";
import { loadSqlite } from "../../store/sqlite/database.ts";
import type { CommandDefinition } from "../command.ts";
import { type CommandOutcome, runCommand } from "../run-command.ts";
import { backup } from "./backup.ts";
import { restore } from "./restore.ts";
import { rotateKey } from "./rotate-key.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-data-"));
const data = path.join(folder, "data");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(): Promise<{ readonly app: App; readonly client: StigmerClient }> {
  const { config } = resolveConfig({ flags: { data, port: 0, "log-level": "silent" }, environment: {} });
  const app = await startApp(config);
  return { app, client: createStigmerClient(app.inProcess) };
}

const offline = (command: CommandDefinition, ...args: readonly string[]): Promise<CommandOutcome> =>
  runCommand(command, [...args, "--data", data]);

async function slugs(client: StigmerClient): Promise<string[]> {
  const { workflows } = await client.workflow.service.list({ org: "local" });
  return workflows.map(({ metadata }) => metadata?.slug ?? "").toSorted();
}

test("backup, restore and rotate-key: a day of an operator", async () => {
  const first = await start();
  await first.client.environment.command.create(environment("keys", {}, { TOKEN: "secret" }));
  const made = await first.client.workflow.command.create(workflow("before"));
  for (let index = 0; index < 3; index++) {
    const { metadata } = await first.client.workflowExecution.command.create(execution(made.metadata?.id ?? ""));
    await first.client.workflowExecution.service.awaitEnd({ executionId: metadata?.id ?? "" });
  }
  const server = ["--server", first.app.address];
  const copied = await runCommand(backup, server);
  expect(copied.stderr).toMatch(/^\d+ bytes, 3 executions, [1-9]\d* journal records verified, \d+ ms$/mu);
  const file = copied.stdout.trim();
  expect(path.dirname(file)).toBe(path.join(data, "backups"));
  expect(await runCommand(backup, [file, ...server])).toMatchObject({
    status: 5,
    stderr: expect.stringContaining("the file exists, choose another name"),
  });
  expect(await runCommand(backup, [path.join(folder, "no/such/directory.db"), ...server])).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("cannot be written (ENOENT)"),
  });
  await first.client.workflow.command.create(workflow("after"));
  expect(await offline(restore, file)).toMatchObject({ status: 1, stderr: expect.stringContaining("has it open") });
  expect(await offline(rotateKey)).toMatchObject({ status: 1, stderr: expect.stringContaining("has it open") });
  await first.app.close();

  const damaged = path.join(folder, "damaged.db");
  const { DatabaseSync } = await loadSqlite();
  const source = new DatabaseSync(file);
  source.exec(`vacuum into '${damaged}'`);
  source.close();
  const database = new DatabaseSync(damaged);
  database.exec("update journal set data = replace(data, 'hello', 'howdy') || ' '");
  database.close();
  expect(await offline(restore, damaged)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("record 1: the checksum does not match the data"),
  });
  expect(await offline(restore, path.join(folder, "none.db"))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("there is no such file"),
  });

  const restored = await offline(restore, file);
  expect(restored).toMatchObject({ status: 0, stderr: expect.stringMatching(/^Restored 3 executions, [1-9]/u) });
  expect(readdirSync(data).filter((name) => name.includes("replaced"))).toHaveLength(1);
  expect(readdirSync(data).filter((name) => name.includes("restored"))).toEqual([]);

  expect(await offline(rotateKey, "--forget-former")).toMatchObject({
    status: 0,
    stderr: "Sealed the secrets of 1 resources and executions with a new key\n",
  });
  const second = await start();
  expect(await slugs(second.client)).toEqual(["before"]);
  const { executions } = await second.client.workflowExecution.service.list({ org: "local" });
  expect(executions).toHaveLength(3);
  await second.app.close();
}, 60_000);

test("rotate-key says what is missing", async () => {
  const nowhere = path.join(folder, "nowhere");
  expect(await runCommand(rotateKey, ["--data", nowhere])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("there is no such file"),
  });
});
