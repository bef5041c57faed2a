import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toBinary, toJson } from "@bufbuild/protobuf";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { workflow } from "./testing/definitions.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

const run = promisify(execFile);
const buf = path.resolve(import.meta.dirname, "../../node_modules/.bin/buf");
const CREATE = "ai.stigmer.agentic.workflow.v1.WorkflowCommandController/create";

let world: ResourceWorld;
let base = "";
beforeAll(async () => {
  world = await openResourceWorld();
  const { port } = await world.transport.listen("127.0.0.1", 0);
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => world.close());

describe("buf curl, which knows the server by its reflection only", () => {
  async function curl(
    method: string,
    body: unknown,
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const arguments_ = [
      "curl",
      "--protocol",
      "grpc",
      "--http2-prior-knowledge",
      "-d",
      JSON.stringify(body),
      `${base}/${method}`,
    ];
    try {
      return { code: 0, ...(await run(buf, arguments_)) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  }

  test("creates, is refused a second time, and gets", async () => {
    const made = await curl(CREATE, toJson(WorkflowSchema, workflow("by buf")));
    expect(made.stderr).toBe("");
    const { metadata } = JSON.parse(made.stdout) as { metadata: { id: string } };
    const again = await curl(CREATE, toJson(WorkflowSchema, workflow("by buf")));
    expect(JSON.parse(again.stderr)).toMatchObject({
      code: "already_exists",
      message: `Workflow with slug 'by-buf' already exists (id: ${metadata.id})`,
    });
    const got = await curl("ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get", { value: metadata.id });
    expect(JSON.parse(got.stdout)).toMatchObject({
      metadata: { slug: "by-buf" },
      status: { serverlessWorkflowValidation: { state: "VALID" } },
    });
  });

  test("is told the fields at fault", async () => {
    const refused = await curl(CREATE, {
      apiVersion: "v0",
      kind: "Workflow",
      metadata: { name: "x", ownerScope: "organization" },
    });
    expect(refused.code).not.toBe(0);
    expect(JSON.parse(refused.stderr)).toMatchObject({ code: "invalid_argument" });
    expect(refused.stderr).toContain("api_version");
  });
});

describe("bad bytes", () => {
  const good = JSON.stringify(toJson(WorkflowSchema, workflow("bad bytes")));
  const binary = Buffer.from(toBinary(WorkflowSchema, workflow("bad bytes")));
  const withInput = (input: string): string =>
    `{"apiVersion":"agentic.stigmer.ai/v1","kind":"WorkflowExecution","metadata":{"name":"x","ownerScope":"organization"},"spec":{"workflowId":"w","input":${input}}}`;
  const EXECUTE = "ai.stigmer.agentic.workflowexecution.v1.WorkflowExecutionCommandController/create";

  test.each<[string, string, string, Buffer | string, Record<string, string>, number[]]>([
    ["no body", CREATE, "application/json", "", {}, [400]],
    ["cut JSON", CREATE, "application/json", good.slice(0, 60), {}, [400]],
    ["cut protobuf", CREATE, "application/proto", binary.subarray(0, binary.length - 7), {}, [400]],
    [
      "text where a number should be",
      CREATE,
      "application/json",
      good.replace('"organization"', '"nobody"').replace("ownerScope", "ownerScope"),
      {},
      [400],
    ],
    ["a number too large", EXECUTE, "application/json", withInput("1e999"), {}, [400]],
    ["half a surrogate pair", EXECUTE, "application/json", withInput('"\\ud800"'), {}, [400]],
    ["deep nesting", EXECUTE, "application/json", withInput("[".repeat(200) + "]".repeat(200)), {}, [400]],
    ["NUL in a name", CREATE, "application/json", good.replace('"bad bytes"', '"\\u0000"'), {}, [400]],
    [
      "5 MB",
      CREATE,
      "application/json",
      good.replace('"bad bytes"', JSON.stringify("x".repeat(5_000_000))),
      {},
      [413, 429],
    ],
    [
      "a compressed bomb",
      CREATE,
      "application/json",
      gzipSync(Buffer.alloc(50_000_000, 32)),
      { "content-encoding": "gzip" },
      [413, 429],
    ],
    ["another content type", CREATE, "text/plain", good, {}, [415]],
  ])("%s: refused, and the server lives", async (_name, method, contentType, body, headers, statuses) => {
    const response = await fetch(`${base}/${method}`, {
      method: "POST",
      headers: { "content-type": contentType, ...headers },
      body,
    });
    expect(statuses, await response.text()).toContain(response.status);
    expect((await world.client.server.service.info({})).ready).toBe(true);
    expect(await world.store.resources.bySlug("workflow", "bad-bytes")).toEqual([]);
  });
});
