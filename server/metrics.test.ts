import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import { afterEach, expect, test } from "vitest";
import { type App, startApp } from "./app.ts";
import { resolveConfig } from "./config/resolve-config.ts";
import { execution, workflow } from "./resources/testing/definitions.ts";

/* The whole server with its files: what happens to runs is seen on /metrics, and what is there is in the reference. */

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function server(data: string): Promise<App> {
  const flags = { data, port: 0, "allow-network": "127.0.0.0/8", "log-level": "silent", "drain-timeout": "1ms" };
  const app = await startApp(resolveConfig({ flags }).config);
  cleanups.push(() => app.close());
  return app;
}

/** A service that is unavailable at first. */
async function shakyService(): Promise<string> {
  let calls = 0;
  const service = createServer((_request, response) => void response.writeHead(++calls === 1 ? 503 : 200).end("{}"));
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", () => resolve()));
  cleanups.push(() => void service.close());
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
}

function definition(name: string, tasks: string): string {
  return `document: {dsl: 1.0.3, namespace: test, name: ${name}, version: 1.0.0}\ndo:\n${tasks}`;
}

async function runToEnd(client: StigmerClient, name: string, text: string): Promise<void> {
  const { metadata } = await client.workflow.command.apply(workflow(name, text));
  const run = await client.workflowExecution.command.create(execution(metadata?.id ?? ""));
  for await (const _update of client.workflowExecution.query.subscribe({ executionId: run.metadata?.id ?? "" }));
}

/** Samples by name with labels, without the buckets of histograms. */
async function samples(app: App): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://${app.address}/metrics`)).text();
  return new Map(
    text
      .split("\n")
      .filter((line) => line.startsWith("stigmer_") && !line.includes("_bucket"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

test("what runs do is counted and measured", async () => {
  const data = mkdtempSync(path.join(tmpdir(), "stigmer-metrics-"));
  cleanups.push(() => rmSync(data, { recursive: true, force: true }));
  const app = await server(data);
  const client = createStigmerClient(app.inProcess);
  const service = await shakyService();
  const call = `{call: http, with: {method: get, endpoint: "${service}"}}`;
  const retry = "catch: {retry: {delay: {milliseconds: 1}, limit: {attempt: {count: 3}}}}";
  await runToEnd(client, "shaky", definition("shaky", `  - ask: {try: [{one: ${call}}], ${retry}}\n`));
  await runToEnd(client, "nap", definition("nap", "  - nap: {wait: {milliseconds: 1}}\n"));
  await runToEnd(
    client,
    "guarded",
    definition("guarded", "  - ask: {call: http, with: {method: get, endpoint: 'http://169.254.1.1/'}}\n"),
  );
  await client.server.service.backup({ path: path.join(data, "backup.db") });
  const seen = await samples(app);
  const counts = {
    stigmer_executions_started_total: 3,
    'stigmer_executions_ended_total{status="completed"}': 2,
    'stigmer_executions_ended_total{status="faulted"}': 1,
    stigmer_execution_seconds_count: 3,
    'stigmer_executions{status="completed"}': 2,
    'stigmer_executions{status="faulted"}': 1,
    'stigmer_activity_seconds_count{kind="http"}': 3,
    stigmer_schedule_to_start_seconds_count: 3,
    stigmer_task_retries_total: 1,
    stigmer_timer_lateness_seconds_count: 2,
    stigmer_ssrf_blocked_total: 1,
    stigmer_executions_quarantined_total: 0,
    stigmer_executions_in_memory: 0,
    'stigmer_activities{state="running"}': 0,
    stigmer_watch_streams: 0,
    stigmer_commit_queue_depth: 0,
  };
  expect(Object.fromEntries(Object.keys(counts).map((name) => [name, seen.get(name)]))).toEqual(counts);
  const positive = [
    ...["stigmer_commit_seconds_count", "stigmer_commit_writes_sum", "stigmer_fsync_seconds_count"],
    ...["stigmer_database_bytes", "stigmer_disk_free_bytes"],
    ...["stigmer_last_backup_timestamp_seconds", "stigmer_recovery_seconds"],
  ];
  expect(positive.filter((name) => !((seen.get(name) ?? 0) > 0))).toEqual([]);
  const reference = readFileSync(path.join(import.meta.dirname, "../docs/reference/metrics.md"), "utf8");
  const documented = new Set([...reference.matchAll(/^\| `(stigmer_\w+)`/gmu)].map(([, name]) => name));
  const text = await (await fetch(`http://${app.address}/metrics`)).text();
  const served = new Set([...text.matchAll(/^# TYPE (stigmer_\w+) /gmu)].map(([, name]) => name));
  expect([...documented].toSorted()).toEqual([...served].toSorted());
});

test("a start tells what it took up", async () => {
  const data = mkdtempSync(path.join(tmpdir(), "stigmer-metrics-"));
  cleanups.push(() => rmSync(data, { recursive: true, force: true }));
  const first = await server(data);
  const client = createStigmerClient(first.inProcess);
  const held = createServer(() => undefined);
  await new Promise<void>((resolve) => held.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    held.closeAllConnections();
    held.close();
  });
  const asked = new Promise((resolve) => void held.once("request", resolve));
  const endpoint = `http://127.0.0.1:${(held.address() as AddressInfo).port}/`;
  const text = definition("held", `  - ask: {call: http, with: {method: get, endpoint: "${endpoint}"}}\n`);
  const { metadata } = await client.workflow.command.apply(workflow("held", text));
  await client.workflowExecution.command.create(execution(metadata?.id ?? ""));
  await asked;
  expect((await samples(first)).get('stigmer_activities{state="running"}')).toBe(1);
  await first.close();
  const askedAgain = new Promise((resolve) => void held.once("request", resolve));
  const second = await server(data);
  await askedAgain;
  await expect.poll(async () => (await samples(second)).get("stigmer_recovered_executions")).toBe(1);
});
