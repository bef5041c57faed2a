import { describe, expect, test } from "vitest";

import { createLogger, type LoggerOptions, silentLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { noTracer } from "./tracing.ts";

function collect(options: Partial<LoggerOptions>): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger({ level: "debug", format: "json", write: (line) => lines.push(line), ...options }),
  };
}

describe("createLogger", () => {
  test("writes one JSON line with message, fields and the child's fields", () => {
    const { lines, logger } = collect({});
    logger.child({ rpc: "get" }).info("Answered", { ms: 3 });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ message: "Answered", rpc: "get", ms: 3, level: 30 });
    expect(lines).toHaveLength(1);
  });

  test("redacts by value, wherever the value stands", () => {
    const { lines, logger } = collect({ redact: (line) => line.replaceAll("hunter2", "***") });
    logger.error("Cannot log in with hunter2", { nested: { password: "hunter2" }, err: new Error("hunter2 refused") });
    expect(lines.join("")).not.toContain("hunter2");
    expect(lines.join("")).toContain("***");
  });

  test("drops what is less grave than the level", () => {
    const { lines, logger } = collect({ level: "warn" });
    logger.info("quiet");
    logger.warn("loud");
    expect(lines).toHaveLength(1);
  });

  test("writes readable text with the stack of an error", () => {
    const { lines, logger } = collect({ format: "text" });
    logger.warn("Timer is late", { ms: 12, err: new Error("why") });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}Timer is late \{"ms":12\}\nError: why\n/u);
  });

  test("silentLogger says nothing and does not throw", () => {
    expect(() => silentLogger.error("x")).not.toThrow();
  });
});

const nothing = {
  ...{ executionsByStatus: {}, queuedWrites: 0, runsInMemory: 0, activities: { running: 0, queued: 0 } },
  ...{ databaseBytes: 0, logBytes: 0, diskFreeBytes: 0, clockJumpSeconds: 0 },
};

describe("createMetrics", () => {
  test("render() gives what was counted, under bounded labels", async () => {
    const metrics = createMetrics();
    metrics.request("a.S/get", "ok", 0.002);
    metrics.request("a.S/get", "not_found", 0.001);
    let executionsByStatus: { readonly [status: string]: number } = { running: 2 };
    metrics.gatherFrom(async () => ({ ...nothing, executionsByStatus }));
    await metrics.render();
    executionsByStatus = { waiting: 1 };
    metrics.commit(5, 0.004, 0.003);
    metrics.watchOpened();
    metrics.watchClosed();
    const { body, contentType } = await metrics.render();
    expect(contentType).toContain("text/plain");
    expect(body).toContain(`stigmer_requests_total{rpc="a.S/get",code="not_found"} 1`);
    expect(body).toContain(`stigmer_request_seconds_count{rpc="a.S/get"} 2`);
    expect(body).toContain(`stigmer_executions{status="waiting"} 1`);
    expect(body).not.toContain(`status="running"`);
    expect(body).toContain("stigmer_commit_writes_sum 5");
    expect(body).toContain("stigmer_watch_streams 0");
  });

  test("render() gives each step that ran with its time in buckets and its errors by code", async () => {
    const metrics = createMetrics();
    const persist = metrics.step("workflow.create", "Persist");
    persist.ended(0.00005, undefined);
    persist.ended(0.05, "aborted");
    metrics.step("workflow.create", "Persist").ended(7, "aborted");
    metrics.step("workflow.create", "NeverRun");
    const lines = (await metrics.render()).body.split("\n").filter((line) => line.startsWith("stigmer_step"));
    const labels = `pipeline="workflow.create",step="Persist"`;
    expect(lines).toEqual([
      `stigmer_step_seconds_bucket{${labels},le="0.0001"} 1`,
      `stigmer_step_seconds_bucket{${labels},le="0.001"} 1`,
      `stigmer_step_seconds_bucket{${labels},le="0.01"} 1`,
      `stigmer_step_seconds_bucket{${labels},le="0.1"} 2`,
      `stigmer_step_seconds_bucket{${labels},le="1"} 2`,
      `stigmer_step_seconds_bucket{${labels},le="+Inf"} 3`,
      `stigmer_step_seconds_sum{${labels}} 7.05005`,
      `stigmer_step_seconds_count{${labels}} 3`,
      `stigmer_step_errors_total{${labels},code="aborted"} 2`,
    ]);
  });

  test("two servers in a process do not share counters", async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.quarantined();
    expect((await other.render()).body).toContain("stigmer_executions_quarantined_total 0");
  });
});

test("noTracer gives spans that can be used", () => {
  const span = noTracer.start("x", {});
  span.set("a", 1);
  expect(span.end()).toBeUndefined();
});
