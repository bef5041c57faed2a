import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerProcess, builtCommandLine } from "../tools/command-line.ts";

/* A run with input and output through clients that know nothing of this repository: buf (gRPC, by server reflection) and plain HTTP with JSON. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-foreign-"));
const root = path.resolve(import.meta.dirname, "..");
const buf = path.join(root, "node_modules/.bin/buf");
const call = promisify(execFile);
let server: ServerProcess;

beforeAll(async () => {
  server = await (await builtCommandLine()).server(["--data", path.join(folder, "data")]);
}, 60_000);

afterAll(async () => {
  await server?.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

type Caller = (method: string, request: unknown) => Promise<Record<string, unknown>>;

const overJson: Caller = async (method, request) => {
  const response = await fetch(`http://${server.address}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  return (await response.json()) as Record<string, unknown>;
};

const overBuf: Caller = async (method, request) => {
  const { stdout } = await call(
    buf,
    [
      "curl",
      "--protocol",
      "grpc",
      "--http2-prior-knowledge",
      "--data",
      JSON.stringify(request),
      `http://${server.address}/${method}`,
    ],
    { cwd: folder, env: { ...process.env, HOME: folder } },
  );
  return JSON.parse(stdout) as Record<string, unknown>;
};

const definition =
  "document: { dsl: 1.0.3, namespace: test, name: double, version: 1.0.0 }\ndo:\n  - double: { set: { result: '${ .n * 2 }' } }\n";

describe.each([
  ["plain HTTP with JSON", overJson, "json"],
  ["buf curl over gRPC with reflection", overBuf, "grpc"],
] as const)("%s", (_name, caller, suffix) => {
  test("applies a workflow, runs it with an input and reads its output", async () => {
    const applied = await caller("ai.stigmer.agentic.workflow.v1.WorkflowCommandController/apply", {
      apiVersion: "agentic.stigmer.ai/v1",
      kind: "Workflow",
      metadata: { name: `double-${suffix}`, org: "local", ownerScope: "organization" },
      spec: { definition },
    });
    const { id } = applied["metadata"] as { id: string };
    expect(id).toMatch(/^wfl-/u);
    const created = await caller("ai.stigmer.agentic.workflowexecution.v1.WorkflowExecutionCommandController/create", {
      apiVersion: "agentic.stigmer.ai/v1",
      kind: "WorkflowExecution",
      metadata: { name: `run-${suffix}`, org: "local", ownerScope: "organization" },
      spec: { workflowId: id, input: { n: 21 } },
    });
    const execution = await caller("ai.stigmer.agentic.workflowexecution.v1.WorkflowExecutionQueryController/get", {
      value: (created["metadata"] as { id: string }).id,
    });
    expect(execution["status"]).toMatchObject({ phase: "EXECUTION_COMPLETED", output: { result: 42 } });
  });

  test("is told about a mistake with a code and a text, never INTERNAL", async () => {
    const answer = await caller("ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get", {
      value: "wfl-01m843jq2ge0hxm0egnaa6hvp0",
    }).catch((error: { stderr?: string }) => ({ code: JSON.stringify(error.stderr) }));
    expect(String(answer["code"])).toContain("not_found");
  });
});
