import { create, fromBinary, fromJson, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { ExecutionPhase } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/enum_pb.ts";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { ApiResourceReferenceSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { ExecutionValueSchema } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/spec_pb.ts";
import { EnvironmentSpecSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/spec_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  environment,
  execution,
  helloDefinition,
  instance,
  listeningDefinition,
  workflow,
} from "./testing/definitions.ts";
import { EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { rewrapSecrets } from "./rewrap-secrets.ts";
import { openVariable } from "./sealed-values.ts";
import { SecretBox } from "./secret-box.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import type { Write } from "../store/ports.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

const CANARY = "canary-4711-never-to-be-seen";

let world: ResourceWorld;
const logLines: string[] = [];
beforeAll(async () => {
  world = await openResourceWorld({ logLines, activity: async (input) => ({ echoed: JSON.stringify(input) }) });
});
afterAll(() => world.close());

async function flow(name: string, definition: string): Promise<string> {
  return (await world.client.workflow.command.create(workflow(name, definition))).metadata?.id ?? "";
}

async function endOf(run: WorkflowExecution): Promise<WorkflowExecution> {
  let last = run;
  for await (const update of world.client.workflowExecution.query.subscribe({ executionId: run.metadata?.id ?? "" }))
    last = update;
  return last;
}

async function resultOf(run: WorkflowExecution): Promise<Json> {
  const end = await endOf(run);
  expect(end.status?.error).toBe("");
  return toJson(ValueSchema, end.status?.result ?? create(ValueSchema)) as Json;
}

const echo = (
  name: string,
  expression: string,
  use = "",
): string => `document: {dsl: 1.0.0, namespace: test, name: ${name}, version: 1.0.0}
${use}do:
  - echo:
      set: '${expression}'
`;

describe("the input of a run", () => {
  test.each<[string, Partial<{ input: Json; triggerMessage: string; triggerMetadata: Record<string, string> }>, Json]>([
    ["is spec.input", { input: [1, { a: null }] }, [1, { a: null }]],
    ["is an empty object without any", {}, {}],
    [
      "is message and metadata of the trigger",
      { triggerMessage: "execute", triggerMetadata: { by: "me" } },
      { message: "execute", metadata: { by: "me" } },
    ],
    ["is spec.input where both are given", { input: 1, triggerMessage: "execute" }, 1],
  ])("%s", async (name, given, want) => {
    const id = await flow(`input ${name}`, echo("input", "${ {got: .} }"));
    const run = execution(id);
    if (run.spec !== undefined) {
      if (given.input !== undefined) run.spec.input = fromJson(ValueSchema, given.input as never);
      run.spec.triggerMessage = given.triggerMessage ?? "";
      run.spec.triggerMetadata = given.triggerMetadata ?? {};
    }
    expect(await resultOf(await world.client.workflowExecution.command.create(run))).toEqual({ got: want });
  });
});

describe("the variables of a run", () => {
  test("are layered: declared defaults < environments in their order < the run's own", async () => {
    const { client } = world;
    const declared = workflow("layers", echo("layers", "${ $env }"));
    if (declared.spec !== undefined) {
      declared.spec.envSpec = create(EnvironmentSpecSchema, {
        data: { A: { value: "default" }, B: { value: "default" }, C: { value: "default" }, D: { value: "" } },
      });
    }
    const id = (await client.workflow.command.create(declared)).metadata?.id ?? "";
    await client.environment.command.create(environment("layer 1", { B: "first", C: "first", D: "first" }));
    await client.environment.command.create(environment("layer 2", { C: "second" }));
    const bound = instance("layers bound", id);
    if (bound.spec !== undefined)
      bound.spec.envRefs = ["layer-1", "layer-2"].map((slug) => create(ApiResourceReferenceSchema, { slug, kind: 53 }));
    const made = await client.workflowInstance.command.create(bound);
    const run = execution("");
    if (run.spec !== undefined) {
      run.spec.workflowInstanceId = made.metadata?.id ?? "";
      run.spec.runtimeEnv = {
        D: create(ExecutionValueSchema, { value: "run" }),
        E: create(ExecutionValueSchema, { value: "run" }),
      };
    }
    expect(await resultOf(await client.workflowExecution.command.create(run))).toEqual({
      A: "default",
      B: "first",
      C: "second",
      D: "run",
      E: "run",
    });
  });

  test("that are required and missing are named, and nothing is started", async () => {
    const declared = workflow("required", echo("required", "${ $env }", "use: {secrets: [TOKEN]}\n"));
    if (declared.spec !== undefined)
      declared.spec.envSpec = create(EnvironmentSpecSchema, { data: { BASE: { value: "" } } });
    const id = (await world.client.workflow.command.create(declared)).metadata?.id ?? "";
    await expect(world.client.workflowExecution.command.create(execution(id))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(
        /^Cannot start workflow "required": required variables "BASE", "TOKEN" have no value/u,
      ) as string,
      violations: [{ field: 'spec.runtime_env["BASE"]' }, { field: 'spec.runtime_env["TOKEN"]' }],
    });
    expect((await world.client.workflowExecution.query.listByWorkflow({ workflowId: id })).entries).toEqual([]);
  });
});

describe("secrets", () => {
  test("reach the call and nothing else: no response, no list, no log, no row of the store", async () => {
    const { client } = world;
    const seen: unknown[] = [];
    const made = await client.environment.command.create(environment("secrets", { PLAIN: "plain" }, { TOKEN: CANARY }));
    seen.push(made);
    expect(made.spec?.data["TOKEN"]?.value).toBe("[redacted]");
    seen.push(
      await client.environment.query.get({ value: made.metadata?.id ?? "" }),
      await client.environment.service.list({}),
    );
    // Sent back as it was shown: the secret stays.
    const kept = await client.environment.command.update(made);
    expect(kept.spec?.data["TOKEN"]?.value).toBe("[redacted]");
    const id = await flow(
      "secrets",
      `document: {dsl: 1.0.0, namespace: test, name: secrets, version: 1.0.0}
use: {secrets: [TOKEN, OTHER]}
do:
  - call: {call: http, with: {method: get, endpoint: "https://example.com/", headers: {authorization: "Bearer \${ $secrets.TOKEN }"}}}
  - keep: {set: {leak: "\${ $secrets.OTHER }"}}
`,
    );
    const bound = instance("secrets bound", id);
    if (bound.spec !== undefined) bound.spec.envRefs = [create(ApiResourceReferenceSchema, { slug: "secrets" })];
    const instanceId = (await client.workflowInstance.command.create(bound)).metadata?.id ?? "";
    const run = execution("");
    if (run.spec !== undefined) {
      run.spec.workflowInstanceId = instanceId;
      run.spec.runtimeEnv = { OTHER: create(ExecutionValueSchema, { value: `${CANARY}-2`, isSecret: true }) };
    }
    const started = await client.workflowExecution.command.create(run);
    const end = await endOf(started);
    expect(end.status?.phase, end.status?.error).toBe(ExecutionPhase.EXECUTION_COMPLETED);
    const executionId = started.metadata?.id ?? "";
    seen.push(
      started,
      end,
      await client.workflowExecution.query.get({ value: executionId }),
      await client.workflowExecution.query.list({}),
    );
    seen.push(
      await client.workflowExecution.service.history({ executionId }),
      await client.workflowExecution.service.stateAt({ executionId }),
    );
    seen.push(await client.environment.command.delete({ resourceId: made.metadata?.id ?? "" }));
    expect(textOf(seen)).not.toContain(CANARY);
    expect(logLines.join("\n")).not.toContain(CANARY);
    const rows = [];
    for (const kind of ["environment", "workflow", "workflow_instance"])
      rows.push(...(await world.store.resources.list({ kind, limit: 100 })).rows);
    rows.push(
      ...(await world.store.runs.list({ limit: 100 })).rows,
      ...(await world.store.records.list("run-secrets")),
    );
    expect(
      rows.map((row) => ("data" in row ? Buffer.from(row.data).toString("latin1") : row.value)).join("\n"),
    ).not.toContain(CANARY);
  });
});

test("rewrapSecrets moves what is sealed to the current key, and runs and environments still open", async () => {
  const former = new Uint8Array(32).fill(1);
  const old = await openResourceWorld({ key: former });
  const made = await old.client.environment.command.create(environment("moved", {}, { TOKEN: CANARY }));
  const id = (await old.client.workflow.command.create(workflow("moved", listeningDefinition()))).metadata?.id ?? "";
  const run = execution(id);
  if (run.spec !== undefined)
    run.spec.runtimeEnv = { KEY: create(ExecutionValueSchema, { value: CANARY, isSecret: true }) };
  const started = await old.client.workflowExecution.command.create(run);
  const next = new Uint8Array(32).fill(2);
  const box = new SecretBox({ current: next, former: [former] });
  expect([await rewrapSecrets(old.store, box), await rewrapSecrets(old.store, box)]).toEqual([2, 0]);
  const onlyNext = new SecretBox({ current: next });
  const row = await old.store.resources.get("environment", made.metadata?.id ?? "");
  const sealed = fromBinary(EnvironmentSchema, row?.data ?? new Uint8Array()).spec?.data["TOKEN"];
  expect(sealed === undefined ? "" : openVariable(sealed, "TOKEN", row?.id ?? "", onlyNext)).toBe(CANARY);
  const [record] = await old.store.records.list("run-secrets");
  const opened = onlyNext.open(Buffer.from(record?.value ?? "", "base64"), `run-secrets/${started.metadata?.id}`);
  expect(Buffer.from(opened).toString()).toContain(CANARY);
  await old.close();
});

describe("the default instance", () => {
  test("is made again when it is gone, named in the status, and found again the next time", async () => {
    const { client } = world;
    const made = await client.workflow.command.create(workflow("recovered", helloDefinition()));
    await client.workflowInstance.command.delete({ value: made.status?.defaultInstanceId ?? "" });
    const first = await client.workflowExecution.command.create(execution(made.metadata?.id ?? ""));
    const found = await client.workflow.query.get({ value: made.metadata?.id ?? "" });
    expect(found.status?.defaultInstanceId).toBe(first.spec?.workflowInstanceId);
    expect(found.status?.defaultInstanceId).not.toBe(made.status?.defaultInstanceId);
    const second = await client.workflowExecution.command.create(execution(made.metadata?.id ?? ""));
    expect(second.spec?.workflowInstanceId).toBe(first.spec?.workflowInstanceId);
  });
});

describe("updateStatus of a foreign runner", () => {
  test("merges what it reports, shows it to subscribers, and ends the run for good", async () => {
    const { client } = world;
    const run = await client.workflowExecution.command.create(execution(await flow("foreign", listeningDefinition())));
    const executionId = run.metadata?.id ?? "";
    const updates: WorkflowExecution[] = [];
    const followed = (async () => {
      for await (const update of client.workflowExecution.query.subscribe({ executionId })) updates.push(update);
    })();
    while (updates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await client.workflowExecution.command.updateStatus({
      executionId,
      status: {
        phase: 2,
        startedAt: "2026-01-01T00:00:00Z",
        temporalWorkflowId: "t-1",
        tasks: [{ taskId: "a", taskName: "a", status: 3 }],
      },
    });
    const ended = await client.workflowExecution.command.updateStatus({
      executionId,
      status: { phase: 3, output: { answer: 42 } },
    });
    expect(ended.status).toMatchObject({ phase: 3, output: { answer: 42 }, temporalWorkflowId: "t-1" });
    expect(ended.status?.tasks.map(({ taskName }) => taskName)).toEqual(["a"]);
    await followed;
    expect(updates.at(-1)?.status).toMatchObject({ phase: 3 });
    expect(updates.map(({ status }) => status?.phase)).not.toContain(5);
    await expect(
      client.workflowExecution.command.updateStatus({ executionId, status: { phase: 2 } }),
    ).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect((await client.workflowExecution.query.get({ value: executionId })).status?.phase).toBe(3);
  });
});

test("updateStatus ends a run in one commit, with the outcome that was reported", async () => {
  const store = createMemoryStore();
  const batches: Write[][] = [];
  const commit = store.commit.bind(store);
  store.commit = (batch) => {
    batches.push([...batch]);
    return commit(batch);
  };
  const own = await openResourceWorld({ store });
  const made = await own.client.workflow.command.create(workflow("foreign", listeningDefinition("foreign")));
  const run = await own.client.workflowExecution.command.create(execution(made.metadata?.id ?? ""));
  const executionId = run.metadata?.id ?? "";
  await own.client.workflowExecution.command.updateStatus({ executionId, status: { phase: 2 } });
  batches.length = 0;
  await own.client.workflowExecution.command.updateStatus({ executionId, status: { phase: 4, error: "out of order" } });
  const changes = batches.flat().flatMap((write) => (write.op === "updateRun" ? [write.changes] : []));
  expect(changes).toMatchObject([{ status: "faulted", output: null, fault: expect.stringContaining("out of order") }]);
  expect(await own.client.workflowExecution.service.awaitEnd({ executionId })).toMatchObject({
    fault: { detail: "out of order" },
  });
  await own.close();
});

test("update while a foreign runner reports the end waits for the report: neither labels nor outcome are lost", async () => {
  const own = await openResourceWorld();
  const made = await own.client.workflow.command.create(workflow("labelled", listeningDefinition("labelled")));
  const run = await own.client.workflowExecution.command.create(execution(made.metadata?.id ?? "", "labelled"));
  const executionId = run.metadata?.id ?? "";
  const labelled = execution("", "labelled");
  Object.assign(labelled.metadata ?? {}, { id: executionId, labels: { seen: "yes" } });
  // The update arrives after the report has read the run and before the engine has stored its end.
  const { engine, ports } = own;
  const control = engine.control.bind(engine);
  const lock = ports.environment.locks.run.bind(ports.environment.locks);
  let update: Promise<unknown> = Promise.resolve();
  engine.control = async (...asked) => {
    const waits = new Promise<void>((resolve) => {
      ports.environment.locks.run = (key, work) => {
        resolve();
        return lock(key, work);
      };
    });
    update = own.client.workflowExecution.command.update(labelled);
    await Promise.race([update, waits]);
    return control(...asked);
  };
  await own.client.workflowExecution.command.updateStatus({ executionId, status: { phase: 4, error: "broken" } });
  await update;
  const end = await own.client.workflowExecution.query.get({ value: executionId });
  expect(end.metadata?.labels).toEqual({ seen: "yes" });
  expect(end.status).toMatchObject({
    phase: ExecutionPhase.EXECUTION_FAILED,
    error: expect.stringContaining("broken"),
  });
  await own.close();
});

test("history gives each fact its own trace, the same in pages of any size, also for facts of one millisecond", async () => {
  const definition = `document: {dsl: 1.0.0, namespace: test, name: three, version: 1.0.0}
do:
  - first: {call: http, with: {method: get, endpoint: "http://127.0.0.1:1/1"}}
  - second: {call: http, with: {method: get, endpoint: "http://127.0.0.1:1/2"}}
  - third: {set: {done: true}}
`;
  const { client } = world;
  const workflowId = await flow("three", definition);
  const run = await client.workflowExecution.command.create(execution(workflowId));
  const executionId = run.metadata?.id ?? "";
  await client.workflowExecution.service.awaitEnd({ executionId });
  const { entries } = await client.workflowExecution.service.history({ executionId });
  expect(entries.map(({ event }) => event)).toEqual(["started", "activityCompleted", "activityCompleted"]);
  expect(entries.map(({ trace }) => trace.filter(({ kind }) => kind === "completed").map((e) => e.taskName))).toEqual([
    [],
    ["first"],
    ["second", "third"],
  ]);
  for (const { position, trace } of entries)
    expect(trace.map((entry) => [entry.position, entry.index])).toEqual(trace.map((_, index) => [position, index]));
  for (const pageSize of [1, 2]) {
    const paged: typeof entries = [];
    let pageToken = "";
    do {
      const page = await client.workflowExecution.service.history({ executionId, pageSize, pageToken });
      paged.push(...page.entries);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(paged).toEqual(entries);
  }
});

describe("run: workflow", () => {
  const parent = (
    version: string,
    name = "child",
  ): string => `document: {dsl: 1.0.0, namespace: test, name: parent, version: 1.0.0}
do:
  - ask: {run: {workflow: {namespace: test, name: ${name}, version: ${version}, input: {}}}}
`;
  test("takes the highest release for latest, an exact version when it is named, and a slug", async () => {
    const { client } = world;
    for (const [version, greeting] of [
      ["1.0.0", "one"],
      ["2.1.0", "two"],
      ["3.0.0-rc.1", "rc"],
      ["1.9.0", "old"],
    ] as const) {
      await client.workflow.command.apply(workflow("the child", helloDefinition(version, greeting, "child")));
    }
    for (const [version, name, want] of [
      ["latest", "child", "two"],
      ["1.0.0", "child", "one"],
      ["latest", "the-child", "two"],
    ] as const) {
      const id = await flow(`parent ${version} ${name}`, parent(version, name));
      expect(await resultOf(await client.workflowExecution.command.create(execution(id)))).toEqual({ greeting: want });
    }
  });

  test("faults the parent with a configuration error when there is no such workflow", async () => {
    const id = await flow("parent of nobody", parent("latest", "nobody"));
    const end = await endOf(await world.client.workflowExecution.command.create(execution(id)));
    expect(end.status).toMatchObject({ phase: ExecutionPhase.EXECUTION_FAILED, fault: { status: 400 } });
    expect(end.status?.fault?.type).toMatch(/configuration$/u);
  });
});

test("a list has every run once, newest first, over pages of tokens and of last ids", async () => {
  const { client } = world;
  const id = await flow("pages", helloDefinition());
  const made: string[] = [];
  for (let index = 0; index < 7; index += 1)
    made.unshift((await client.workflowExecution.command.create(execution(id))).metadata?.id ?? "");
  const byToken: string[] = [];
  let pageToken = "";
  do {
    const page = await client.workflowExecution.service.list({ workflowId: id, pageSize: 3, pageToken });
    byToken.push(...page.executions.map(({ metadata }) => metadata?.id ?? ""));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(byToken).toEqual(made);
  const byId: string[] = [];
  for (;;) {
    const { entries } = await client.workflowExecution.query.listByWorkflow({
      workflowId: id,
      pageSize: 3,
      pageToken: byId.at(-1) ?? "",
    });
    if (entries.length === 0) break;
    byId.push(...entries.map(({ metadata }) => metadata?.id ?? ""));
  }
  expect(byId).toEqual(made);
});

/** All there is in a message, bigints and bytes included. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "bigint" ? String(item) : item instanceof Uint8Array ? Buffer.from(item).toString("latin1") : item,
  );
}
