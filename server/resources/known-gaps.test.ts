import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowSpecSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import { WorkflowStatusSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/status_pb.ts";
import { ValidationState } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/serverless/validation_pb.ts";
import { ExecutionPhase } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/enum_pb.ts";
import { ExecutionValueSchema } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/spec_pb.ts";
import {
  ApiResourceOwnerScope,
  WorkflowTaskKind as Kind,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { ApiResourceReferenceSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { RunPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import {
  agent,
  agentInstance,
  environment,
  execution,
  helloDefinition,
  instance,
  workflow,
} from "./testing/definitions.ts";
import { createGrpcJsTransport } from "./testing/grpc-js-transport.ts";
import { rawCall } from "./testing/raw-call.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

/*
 * The server that clients of the published contract know has gaps. Here each of them is a test, over the wire with grpc-js, that shows that this one does not have it.
 */

const CANARY = "canary-in-known-gaps";

let world: ResourceWorld;
let wire: ReturnType<typeof createGrpcJsTransport>;
let client: StigmerClient;
let port = 0;
const calls: unknown[] = [];
beforeAll(async () => {
  world = await openResourceWorld({
    activity: async (input, context) => {
      // Where the runner of activities would put the secret: the argument has a marker in its place.
      calls.push({ input, secret: context.secret(["TOKEN"]) ?? null });
      return { status: 200, body: {}, content: {} };
    },
  });
  ({ port } = await world.transport.listen("127.0.0.1", 0));
  wire = createGrpcJsTransport(`127.0.0.1:${port}`);
  client = createStigmerClient(wire);
});
afterAll(async () => {
  wire.close();
  await world.close();
});

type Made = { readonly metadata?: { readonly id: string } | undefined };
const idOf = ({ metadata }: Made): string => metadata?.id ?? "";

const definition = (name: string, rest: string): string =>
  `document: {dsl: 1.0.0, namespace: test, name: ${name}, version: 1.0.0}\n${rest}`;

async function flow(name: string, text = helloDefinition()): Promise<string> {
  return idOf(await client.workflow.command.create(workflow(name, text)));
}

/** The output of a run of a definition with an input. */
async function outputOf(name: string, rest: string, input?: JsonValue): Promise<unknown> {
  const run = execution(await flow(name, definition(name, rest)));
  if (run.spec !== undefined && input !== undefined) run.spec.input = fromJson(ValueSchema, input);
  return jsonOf((await client.workflowExecution.service.run(run)).output);
}

const jsonOf = (value: Parameters<typeof toJson<typeof ValueSchema>>[1] | undefined): unknown =>
  toJson(ValueSchema, value ?? create(ValueSchema));

interface Task {
  readonly name: string;
  readonly kind: Kind;
  readonly taskConfig: object;
}

/** A workflow in the form of tasks. */
function tasksWorkflow(name: string, ...tasks: readonly Task[]): Workflow {
  const made = workflow(name, "");
  made.spec = create(WorkflowSpecSchema, {
    document: { dsl: "1.0.0", namespace: "test", name, version: "1.0.0" },
    tasks: tasks.map((task) => ({ ...task, taskConfig: task.taskConfig as never })),
  });
  return made;
}

const nested = (name: string, variables: object): object => ({
  name,
  kind: "WORKFLOW_TASK_KIND_SET",
  taskConfig: { variables },
});

/** A server that stops at once and is started again on the same store while a run waits. */
async function overRestart(
  text: string,
  before: (client: StigmerClient, executionId: string) => Promise<void>,
  activities: readonly [() => Promise<object>, () => Promise<object>],
): Promise<{ readonly client: StigmerClient; readonly executionId: string; close(): Promise<void> }> {
  const store = createMemoryStore();
  const key = new Uint8Array(32).fill(7);
  const first = await openResourceWorld({ store, key, activity: activities[0] as never });
  const made = await first.client.workflow.command.create(workflow("restarted", text));
  const executionId = idOf(await first.client.workflowExecution.command.create(execution(idOf(made))));
  await before(first.client, executionId);
  await first.engine.stop(0);
  const second = await openResourceWorld({ store, key, activity: activities[1] as never });
  return { client: second.client, executionId, close: () => second.close() };
}

async function untilCalled(isCalled: () => boolean): Promise<void> {
  while (!isCalled()) await new Promise((resolve) => setImmediate(resolve));
}

describe("functional gaps", () => {
  test("B1 lists hold what there is", async () => {
    const workflowId = await flow("b1");
    const mine = idOf(await client.workflowInstance.command.create(instance("b1 mine", workflowId)));
    const runId = idOf(await client.workflowExecution.command.create(execution(workflowId, "b1 run")));
    const helper = idOf(await client.agent.command.create(agent("b1 agent")));
    const held = idOf(await client.environment.command.create(environment("b1 env", { A: "1" })));
    const ids = (made: readonly Made[]): string[] => made.map(idOf);
    expect(ids((await client.workflowExecution.query.list({})).entries)).toContain(runId);
    expect(ids((await client.workflowExecution.query.listByWorkflow({ workflowId })).entries)).toEqual([runId]);
    expect(ids((await client.workflowInstance.query.getByWorkflow({ workflowId })).entries)).toContain(mine);
    expect((await client.agentInstance.query.getByAgent({ agentId: helper })).totalCount).toBe(1);
    expect(ids((await client.workflow.service.list({})).workflows)).toContain(workflowId);
    expect(ids((await client.agent.service.list({})).agents)).toContain(helper);
    expect(ids((await client.environment.service.list({})).environments)).toContain(held);
  });

  test("B2 nested tasks, cases and branches survive conversion, and run", async () => {
    const made = await client.workflow.command.create(
      tasksWorkflow(
        "b2",
        {
          name: "guarded",
          kind: Kind.TRY,
          taskConfig: {
            try: [
              {
                name: "fails",
                kind: "WORKFLOW_TASK_KIND_RAISE",
                taskConfig: { error: "broken", message: "on purpose" },
              },
            ],
            catch: { as: "error", do: [nested("handled", { why: "${.error.message}" })] },
          },
        },
        {
          name: "each",
          kind: Kind.FOR,
          taskConfig: { each: "n", in: "${ [1, 2] }", do: [nested("one", { n: "${.n}" })] },
        },
        {
          name: "both",
          kind: Kind.FORK,
          taskConfig: {
            branches: [
              { name: "a", do: [nested("left", { a: "1" })] },
              { name: "b", do: [nested("right", { b: "2" })] },
            ],
          },
        },
        { name: "choose", kind: Kind.SWITCH, taskConfig: { cases: [{ name: "all", then: "end" }] } },
        { name: "never", kind: Kind.SET, taskConfig: { variables: { reached: "no" } } },
      ),
    );
    const { yaml = "", state } = made.status?.serverlessWorkflowValidation ?? {};
    expect(state).toBe(ValidationState.VALID);
    for (const name of ["fails", "handled", "one", "left", "right", "all"]) expect(yaml).toContain(`${name}:`);
    const outcome = await client.workflowExecution.service.run(execution(idOf(made)));
    expect(jsonOf(outcome.output)).toEqual({ a: { a: "1" }, b: { b: "2" } });
    const { tasks = [] } = (await client.workflowExecution.query.get({ value: outcome.executionId })).status ?? {};
    expect(tasks.map(({ taskName }) => taskName)).toEqual(
      expect.arrayContaining(["guarded", "handled", "each", "one", "both", "left", "right", "choose"]),
    );
    expect(tasks.map(({ taskName }) => taskName)).not.toContain("never");
  });

  test.each([
    ["GRPC_CALL", Kind.GRPC_CALL, { service: "a", method: "b" }],
    ["CALL_ACTIVITY", Kind.CALL_ACTIVITY, { activity: "a" }],
    ["AGENT_CALL", Kind.AGENT_CALL, { agent: "helper", message: "Hi" }],
  ])(
    "B2 %s, which cannot be run, is refused when it is created instead of malformed",
    async (name, kind, taskConfig) => {
      await expect(
        client.workflow.command.create(tasksWorkflow(`b2 ${name}`, { name: "t", kind, taskConfig })),
      ).rejects.toMatchObject({
        code: 3,
        details: expect.stringMatching(new RegExp(`^spec\\.tasks\\[0\\]\\.kind: ${name}`, "u")),
      });
    },
  );

  test("B3 input, output, environments and secrets of HTTP calls go end to end", async () => {
    const made = tasksWorkflow("b3", {
      name: "ask",
      kind: Kind.HTTP_CALL,
      taskConfig: {
        method: "GET",
        endpoint: { uri: "http://127.0.0.1:1/" },
        headers: { token: "Bearer ${.secrets.TOKEN}" },
      },
    });
    const workflowId = idOf(await client.workflow.command.create(made));
    const run = execution(workflowId);
    if (run.spec !== undefined)
      run.spec.runtimeEnv = { TOKEN: create(ExecutionValueSchema, { value: CANARY, isSecret: true }) };
    await client.workflowExecution.service.run(run);
    expect(calls.at(-1)).toMatchObject({
      input: { headers: { token: expect.stringMatching(/^Bearer .TOKEN.$/u) } },
      secret: CANARY,
    });
    expect(await outputOf("b3-input", "do:\n  - echo: {set: {got: '${ .order }'}}\n", { order: 7 })).toEqual({
      got: 7,
    });
    await client.environment.command.create(environment("b3 env", { REGION: "eu" }));
    const bound = instance(
      "b3 bound",
      await flow("b3-env", definition("b3-env", "do:\n  - echo: {set: '${ $env }'}\n")),
    );
    if (bound.spec !== undefined)
      bound.spec.envRefs = [create(ApiResourceReferenceSchema, { slug: "b3-env", org: "local", kind: 53 })];
    const through = execution("");
    if (through.spec !== undefined)
      through.spec.workflowInstanceId = idOf(await client.workflowInstance.command.create(bound));
    expect(jsonOf((await client.workflowExecution.service.run(through)).output)).toEqual({ REGION: "eu" });
  });

  test.each([53, 0])("B4 an agent instance takes an environment by a reference of kind %i", async (kind) => {
    const helper = idOf(await client.agent.command.create(agent(`b4 ${kind}`)));
    await client.environment.command.create(environment(`b4 env ${kind}`, { A: "1" }));
    const made = agentInstance(`b4 mine ${kind}`, helper);
    if (made.spec !== undefined)
      made.spec.environmentRefs = [create(ApiResourceReferenceSchema, { slug: `b4-env-${kind}`, org: "local", kind })];
    expect((await client.agentInstance.command.create(made)).spec?.environmentRefs).toHaveLength(1);
  });

  test.each([
    ["HTTP_CALL without a timeout", Kind.HTTP_CALL, { method: "GET", endpoint: { uri: "http://127.0.0.1:1/" } }],
    ["RAISE without a message", Kind.RAISE, { error: "broken" }],
    ["FORK of one branch", Kind.FORK, { branches: [{ name: "a", do: [nested("only", { a: "1" })] }] }],
  ])("B5 %s is valid", async (name, kind, taskConfig) => {
    const made = await client.workflow.command.create(
      tasksWorkflow(`b5 ${name}`.replaceAll(" ", "-").toLowerCase().replaceAll("_", "-"), {
        name: "t",
        kind,
        taskConfig,
      }),
    );
    expect(made.status?.serverlessWorkflowValidation?.state).toBe(ValidationState.VALID);
  });

  test("B5 a variable of a run may be empty", async () => {
    const run = execution(
      await flow("b5 empty", definition("b5-empty", "do:\n  - echo: {set: {got: '${ $env.EMPTY }'}}\n")),
    );
    if (run.spec !== undefined) run.spec.runtimeEnv = { EMPTY: create(ExecutionValueSchema, { value: "" }) };
    expect(jsonOf((await client.workflowExecution.service.run(run)).output)).toEqual({ got: "" });
  });

  test("B5 workflow, instance and agent without a spec, and a kind of task that does not exist, are refused", async () => {
    const refused = { code: 3 };
    await expect(
      client.workflow.command.create({ ...workflow("b5 none"), spec: undefined as never }),
    ).rejects.toMatchObject(refused);
    await expect(
      client.workflowInstance.command.create({ ...instance("b5 none", "w"), spec: undefined as never }),
    ).rejects.toMatchObject(refused);
    await expect(client.agent.command.create({ ...agent("b5 none"), spec: undefined as never })).rejects.toMatchObject(
      refused,
    );
    await expect(
      client.workflow.command.create(tasksWorkflow("b5-kind", { name: "t", kind: 99 as Kind, taskConfig: {} })),
    ).rejects.toMatchObject(refused);
  });

  test("B6 deleting takes the default instance along, and the same name can be created again", async () => {
    const first = await client.workflow.command.create(workflow("b6"));
    await client.workflow.command.delete({ value: idOf(first) });
    await expect(
      client.workflowInstance.query.get({ value: first.status?.defaultInstanceId ?? "" }),
    ).rejects.toMatchObject({ code: 5 });
    const second = await client.workflow.command.create(workflow("b6"));
    const run = await client.workflowExecution.command.create(execution(idOf(second)));
    expect(run.spec?.workflowInstanceId).toBe(second.status?.defaultInstanceId);
  });

  test("B7 slugs belong to an organization: neither apply nor get reach into another one", async () => {
    const ours = await client.workflow.command.apply(workflow("b7", helloDefinition(), "org-a"));
    const theirs = await client.workflow.command.apply(workflow("b7", helloDefinition("2.0.0"), "org-b"));
    expect(idOf(theirs)).not.toBe(idOf(ours));
    expect((await client.workflow.query.get({ value: idOf(ours) })).metadata).toMatchObject({
      org: "org-a",
      resourceVersion: 1n,
    });
    await expect(client.workflow.query.getByReference({ slug: "b7" })).rejects.toMatchObject({ code: 3 });
  });

  test("B7 a create with an id that is taken overwrites nothing, and slugs of clients are checked", async () => {
    const first = await client.workflow.command.create(workflow("b7 kept"));
    const second = workflow("b7 other");
    if (second.metadata !== undefined) second.metadata.id = idOf(first);
    await expect(client.workflow.command.create(second)).rejects.toMatchObject({ code: 6 });
    const third = workflow("b7 third");
    if (third.metadata !== undefined) third.metadata.slug = "Not A Slug";
    await expect(client.workflow.command.create(third)).rejects.toMatchObject({ code: 3 });
    expect((await client.workflow.query.get({ value: idOf(first) })).metadata?.slug).toBe("b7-kept");
  });

  test("B8 a stream of a run that has ended, or ends at any moment, gives its end and closes", async () => {
    const workflowId = await flow("b8");
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const executionId = idOf(await client.workflowExecution.command.create(execution(workflowId)));
      for (const _again of [1, 2]) {
        let last: ExecutionPhase | undefined;
        for await (const update of client.workflowExecution.query.subscribe({ executionId }))
          last = update.status?.phase;
        expect(last).toBe(ExecutionPhase.EXECUTION_COMPLETED);
      }
    }
  });

  test("B9 a late report does not reopen a run, and duplicates do not race", async () => {
    const workflowId = await flow("b9");
    const { executionId } = await client.workflowExecution.service.run(execution(workflowId));
    await expect(
      client.workflowExecution.command.updateStatus({
        executionId,
        status: { phase: ExecutionPhase.EXECUTION_IN_PROGRESS },
      }),
    ).rejects.toMatchObject({ code: 9 });
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => client.workflow.command.create(workflow("b9 raced"))),
    );
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("B10 a run that fails is FAILED and says why", async () => {
    const raise =
      "do:\n  - stop: {raise: {error: {type: 'https://example.com/errors/full', status: 503, title: Full}}}\n";
    const outcome = await client.workflowExecution.service.run(execution(await flow("b10", definition("b10", raise))));
    expect(outcome).toMatchObject({ phase: RunPhase.FAULTED, fault: { title: "Full", status: 503 } });
    const { status } = await client.workflowExecution.query.get({ value: outcome.executionId });
    expect(status).toMatchObject({ phase: ExecutionPhase.EXECUTION_FAILED, error: expect.stringContaining("Full") });
  });

  test("B11 a restart in the middle of a call loses no run", async () => {
    let isCalled = false;
    const ask =
      "do:\n  - ask: {call: http, with: {method: get, endpoint: 'http://127.0.0.1:1/'}}\n  - finish: {set: {done: true}}\n";
    const again = await overRestart(definition("b11", ask), () => untilCalled(() => isCalled), [
      () => {
        isCalled = true;
        return new Promise(() => undefined);
      },
      async () => ({ status: 200, body: {}, content: {} }),
    ]);
    const outcome = await again.client.workflowExecution.service.awaitEnd({ executionId: again.executionId });
    expect(outcome.phase).toBe(RunPhase.COMPLETED);
    await again.close();
  });

  test("B12 a workflow of the platform can be run", async () => {
    const made = workflow("b12", helloDefinition(), "");
    if (made.metadata !== undefined) made.metadata.ownerScope = ApiResourceOwnerScope.platform;
    const { phase } = await client.workflowExecution.service.run(
      execution(idOf(await client.workflow.command.create(made)), "", ""),
    );
    expect(phase).toBe(RunPhase.COMPLETED);
  });

  test("B13 listening to any of several events ends with the first", async () => {
    const text = "do:\n  - hear: {listen: {to: {any: [{with: {type: b13.a}}, {with: {type: b13.b}}]}}}\n";
    const executionId = idOf(
      await client.workflowExecution.command.create(execution(await flow("b13", definition("b13", text)))),
    );
    await client.event.service.publish({ org: "local", event: { source: "test", type: "b13.b" } });
    expect((await client.workflowExecution.service.awaitEnd({ executionId })).phase).toBe(RunPhase.COMPLETED);
  });

  test("B13 a competing branch may win with a number", async () => {
    const text =
      "do:\n  - race: {fork: {compete: true, branches: [{fast: {set: '${ 7 }'}}, {slow: {wait: {hours: 1}}}]}}\n";
    expect(await outputOf("b13-compete", text)).toBe(7);
  });

  test("B13 a loop evaluates its switch and its expressions anew each time", async () => {
    const seen = (word: string): string =>
      `{set: '\${ . }', export: {as: '\${ $context + {seen: (($context.seen // []) + ["${word}" + ($n | tostring)])} }'}, then: next}`;
    const text = `do:
  - loop:
      for: {each: n, in: '\${ [1, 2, 3] }'}
      do:
        - choose: {switch: [{two: {when: '\${ $n == 2 }', then: hit}}, {other: {then: miss}}]}
        - hit: ${seen("hit")}
        - miss: ${seen("miss")}
        - next: {set: '\${ . }'}
  - tell: {set: '\${ $context.seen }'}
`;
    expect(await outputOf("b13-loop", text)).toEqual(["miss1", "hit2", "miss3"]);
  });

  test("B14 what a run has computed stays the same over a restart", async () => {
    const text =
      "do:\n  - stamp: {set: {z: '${ now }', a: 1, m: 2}, export: {as: '${ . }'}}\n  - hear: {listen: {to: {one: {with: {type: b14.go}}}}}\n  - tell: {set: '${ $context }'}\n";
    let before: unknown;
    const again = await overRestart(
      definition("b14", text),
      async (first, executionId) => {
        before = jsonOf((await first.workflowExecution.service.stateAt({ executionId })).context);
      },
      [async () => ({}), async () => ({})],
    );
    await again.client.event.service.publish({ org: "local", event: { source: "test", type: "b14.go" } });
    const { output } = await again.client.workflowExecution.service.awaitEnd({ executionId: again.executionId });
    expect(before).toMatchObject({ a: 1, m: 2, z: expect.any(Number) });
    expect(JSON.stringify(jsonOf(output))).toBe(JSON.stringify(before));
    await again.close();
  });

  test("B15 ids have the prefixes that answers show, and an apply tells a creation from an update", async () => {
    const made = await client.workflow.command.apply(workflow("b15"));
    expect(idOf(made)).toMatch(/^wfl-[0-9a-z]{26}$/u);
    expect(made.status?.audit?.specAudit?.event).toBe("created");
    expect((await client.workflow.command.apply(workflow("b15"))).status?.audit?.specAudit?.event).toBe("updated");
    expect(idOf(await client.workflow.query.getByReference({ slug: idOf(made) }))).toBe(idOf(made));
  });

  test("B16 create checks the definition by itself, with no other process", async () => {
    const made = await client.workflow.command.create(workflow("b16"));
    expect(made.status?.serverlessWorkflowValidation).toMatchObject({
      state: ValidationState.VALID,
      yaml: helloDefinition(),
    });
    await expect(client.workflow.command.create(workflow("b16 bad", "do: []"))).rejects.toMatchObject({
      code: 3,
      details: expect.stringMatching(/^workflow validation failed/u),
    });
  });
});

describe("limits", () => {
  test("health and reflection answer", async () => {
    expect((await rawCall(port, "/grpc.health.v1.Health/Check", "gRPC", new Uint8Array())).code).toBe("OK");
    expect([...world.transport.registry.methods].map(({ method }) => method.parent.typeName)).toContain(
      "ai.stigmer.agentic.workflow.v1.WorkflowQueryController",
    );
    const list = Buffer.from([0x3a, 0x00]);
    expect((await rawCall(port, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "gRPC", list)).code).toBe(
      "OK",
    );
  });

  test("nothing is UNKNOWN: duplicates, bad names and invalid workflows have codes of their own", async () => {
    await flow("l codes");
    await expect(flow("l codes")).rejects.toMatchObject({ code: 6 });
    await expect(flow("你好")).rejects.toMatchObject({ code: 3 });
    await expect(flow("l invalid", "nonsense")).rejects.toMatchObject({ code: 3 });
  });

  test("secrets are in the clear neither in answers nor in rows", async () => {
    const made = await client.environment.command.create(environment("l secret", {}, { KEY: CANARY }));
    expect(made.spec?.data["KEY"]?.value).toBe("[redacted]");
    const row = await world.store.resources.get("environment", idOf(made));
    expect(Buffer.from(row?.data ?? []).includes(CANARY)).toBe(false);
  });

  test("lists have pages, an order and filters", async () => {
    for (const name of ["l page 1", "l page 2", "l page 3"])
      await client.workflow.command.create(workflow(name, helloDefinition(), "l-pages"));
    const first = await client.workflow.service.list({ org: "l-pages", pageSize: 2 });
    const second = await client.workflow.service.list({ org: "l-pages", pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.workflows, ...second.workflows].map(({ metadata }) => metadata?.slug)).toEqual([
      "l-page-3",
      "l-page-2",
      "l-page-1",
    ]);
    expect(second.nextPageToken).toBe("");
    expect(
      (await client.workflow.service.list({ org: "l-pages", query: "page 2" })).workflows.map(
        ({ metadata }) => metadata?.slug,
      ),
    ).toEqual(["l-page-2"]);
  });

  test("audit names the caller, and definitions have a history", async () => {
    const made = await client.workflow.command.create(workflow("l audit"));
    expect(made.status?.audit?.specAudit?.createdBy?.id).not.toMatch(/^(system)?$/u);
    await client.workflow.command.update(workflow("l audit", helloDefinition("1.1.0")));
    const { versions } = await client.workflow.service.listVersions({ workflowId: idOf(made) });
    expect(versions.map(({ version }) => version)).toEqual(["1.1.0", "1.0.0"]);
  });

  test("what cannot be changed or is computed is not taken from clients", async () => {
    const forged = workflow("l computed");
    forged.status = create(WorkflowStatusSchema, { defaultInstanceId: "forged" });
    const made = await client.workflow.command.create(forged);
    expect(made.status?.defaultInstanceId).toMatch(/^win-/u);
    const moved = instance("l computed-default", await flow("l other"));
    await expect(client.workflowInstance.command.update(moved)).rejects.toMatchObject({
      code: 3,
      details: expect.stringMatching(/^spec\.workflow_id: cannot be changed/u),
    });
    expect(idOf(await client.workflow.query.getByReference({ slug: "l-computed", org: "local" }))).toBe(idOf(made));
  });
});
