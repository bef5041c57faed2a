import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import { services } from "@stigmer/api/services.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import type { Write } from "../store/ports.ts";
import {
  agent,
  agentInstance,
  context,
  environment,
  execution,
  instance,
  listeningDefinition,
  workflow,
} from "./testing/definitions.ts";
import { createGrpcJsTransport } from "./testing/grpc-js-transport.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

/*
 * Every rpc that writes, over the wire: its dry run writes nothing, nobody sets a status, and a resource_version that is not the stored one is refused. What writes is told by exclusion, so a new rpc
 * is in the table until it says that it only reads.
 */

const READS =
  /\/(get|getBy\w+|list|listBy\w+|listVersions|getVersion|find|info|validate|diff|history|stateAt|subscribe|watch|awaitEnd)$/u;

type Made = { readonly metadata?: { readonly id: string } | undefined };
const idOf = ({ metadata }: Made): string => metadata?.id ?? "";

let world: ResourceWorld;
let wire: ReturnType<typeof createGrpcJsTransport>;
let client: StigmerClient;
let requests: Readonly<Record<string, object>>;
const batches: (readonly Write[])[] = [];

beforeAll(async () => {
  const store = createMemoryStore();
  const commit = store.commit.bind(store);
  store.commit = (batch) => {
    batches.push(batch);
    return commit(batch);
  };
  world = await openResourceWorld({ store });
  const { port } = await world.transport.listen("127.0.0.1", 0);
  wire = createGrpcJsTransport(`127.0.0.1:${port}`);
  client = createStigmerClient(wire);
  const flow = await client.workflow.command.create(workflow("flow"));
  const waiting = await client.workflow.command.create(workflow("waiting", listeningDefinition()));
  const spare = await client.workflowInstance.command.create(instance("spare", idOf(flow)));
  const env = await client.environment.command.create(environment("env", { A: "1" }));
  const kept = await client.executionContext.command.create(context("kept"));
  const helper = await client.agent.command.create(agent("helper"));
  const helperInstance = await client.agentInstance.command.create(agentInstance("helping", idOf(helper)));
  const open = await client.workflowExecution.command.create(execution(idOf(waiting), "open"));
  const held = await client.workflowExecution.command.create(execution(idOf(waiting), "held"));
  await client.workflowExecution.service.suspend({ executionId: idOf(held) });
  const failed = await client.workflowExecution.command.create(execution(idOf(waiting), "failed"));
  await client.workflowExecution.service.cancel({ executionId: idOf(failed) });
  const done = await client.workflowExecution.command.create(execution(idOf(flow), "done"));
  await client.workflowExecution.service.awaitEnd({ executionId: idOf(done) });
  const executionId = idOf(open);
  requests = {
    "WorkflowCommandController/create": workflow("new"),
    "WorkflowCommandController/update": flow,
    "WorkflowCommandController/apply": workflow("flow", listeningDefinition()),
    "WorkflowCommandController/delete": { value: idOf(await client.workflow.command.create(workflow("gone"))) },
    "WorkflowInstanceCommandController/create": instance("new", idOf(flow)),
    "WorkflowInstanceCommandController/update": spare,
    "WorkflowInstanceCommandController/apply": instance("spare", idOf(flow)),
    "WorkflowInstanceCommandController/delete": { value: idOf(spare) },
    "WorkflowExecutionCommandController/create": execution(idOf(flow), "new"),
    "WorkflowExecutionCommandController/update": open,
    "WorkflowExecutionCommandController/updateStatus": { executionId, status: { phase: 3 } },
    "WorkflowExecutionCommandController/delete": { value: idOf(done) },
    "WorkflowExecutionService/cancel": { executionId },
    "WorkflowExecutionService/suspend": { executionId },
    "WorkflowExecutionService/resume": { executionId: idOf(held) },
    "WorkflowExecutionService/retry": { executionId: idOf(failed) },
    "WorkflowExecutionService/skip": { executionId, task: "/do/0/hear" },
    "WorkflowExecutionService/goto": { executionId, task: "/do/0/hear" },
    "WorkflowExecutionService/patchContext": { executionId, patch: { seen: true } },
    "EnvironmentCommandController/create": environment("new", {}),
    "EnvironmentCommandController/update": env,
    "EnvironmentCommandController/apply": environment("env", { A: "2" }),
    "EnvironmentCommandController/delete": { resourceId: idOf(env) },
    "ExecutionContextCommandController/create": context("new"),
    "ExecutionContextCommandController/apply": context("another"),
    "ExecutionContextCommandController/delete": { resourceId: idOf(kept) },
    "AgentCommandController/create": agent("new"),
    "AgentCommandController/update": helper,
    "AgentCommandController/apply": agent("helper"),
    "AgentCommandController/delete": { value: idOf(await client.agent.command.create(agent("gone"))) },
    "AgentInstanceCommandController/create": agentInstance("new", idOf(helper)),
    "AgentInstanceCommandController/update": helperInstance,
    "AgentInstanceCommandController/apply": agentInstance("helping", idOf(helper)),
    "AgentInstanceCommandController/delete": { value: idOf(helperInstance) },
    "EventService/publish": { event: { source: "test", type: "test.dry" } },
    "EventService/publishBatch": { events: [{ source: "test", type: "test.dry" }] },
  };
});
afterAll(async () => {
  wire.close();
  await world.close();
});

const all: readonly DescMethod[] = Object.values(services)
  .flatMap((kind) => Object.values(kind))
  .flatMap((service) => service.methods);
const nameOf = (method: DescMethod): string => `${method.parent.name}/${method.name}`;
/** Writes without a dry run: one waits for an end that a dry run does not have, one has nothing to copy in a server in memory. */
const WITHOUT = ["WorkflowExecutionService/run", "ServerService/backup"];
const writes = all
  .filter((method) => !READS.test(nameOf(method)) && !WITHOUT.includes(nameOf(method)))
  .map((method) => [nameOf(method), method] as const);

async function call(method: DescMethod, request: object, headers: Record<string, string> = {}): Promise<Message> {
  // Without its type name a message is taken as what a new one is made of, plain objects within it too.
  const init = { ...request, $typeName: undefined };
  const input = create(method.input, init as never) as never;
  return (await wire.unary(method as never, undefined, undefined, headers, input)).message as Message;
}

describe("every write", () => {
  test("is in the table", () => {
    expect(Object.keys(requests).toSorted()).toEqual(writes.map(([name]) => name).toSorted());
  });

  test.each(writes)("%s: a dry run answers and writes nothing", async (name, method) => {
    batches.length = 0;
    await call(method, requests[name] ?? {}, { "stigmer-dry-run": "true" });
    expect(batches).toEqual([]);
  });

  test.each(writes)("%s: a dry run that is spelled wrong is refused", async (name, method) => {
    batches.length = 0;
    await expect(call(method, requests[name] ?? {}, { "stigmer-dry-run": "yes" })).rejects.toMatchObject({
      code: 3,
      details: `stigmer-dry-run: is "yes", should be true or false`,
    });
    expect(batches).toEqual([]);
  });

  const stated = writes.filter(
    ([, { input, name }]) =>
      name !== "delete" &&
      input.fields.some((f) => f.name === "status") &&
      input.fields.some((f) => f.name === "metadata"),
  );
  test.each(stated)("%s: nobody sets audit or ids of a status", async (name, method) => {
    const audit = { specAudit: { event: "forged", createdBy: { id: "mallory" } } };
    const forged = { ...requests[name], status: { audit, defaultInstanceId: "forged", temporalWorkflowId: "forged" } };
    const answer = await call(method, forged, { "stigmer-dry-run": "true" });
    expect(
      JSON.stringify(answer, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    ).not.toMatch(/forged|mallory/u);
  });

  // An execution context is never changed, so there is no version of one to compare with.
  const versioned = stated.filter(([name]) => /(?<!ExecutionContext\w+)\/(update|apply)$/u.test(name));
  test.each(versioned)("%s: another resource_version than the stored one is ABORTED", async (name, method) => {
    batches.length = 0;
    const { metadata, ...rest } = requests[name] as { readonly metadata?: object };
    await expect(call(method, { ...rest, metadata: { ...metadata, resourceVersion: 99n } })).rejects.toMatchObject({
      code: 10,
      details: expect.stringContaining("99"),
    });
    expect(batches).toEqual([]);
  });
});
