import { create, type DescMethod, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { CallOptions, Transport } from "@connectrpc/connect";
import { status as GrpcStatus } from "@grpc/grpc-js";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { type ApiResourceMetadata } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/metadata_pb.ts";
import { ApiResourceReferenceSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { services } from "@stigmer/api/services.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApiError } from "../errors/api-error.ts";
import {
  agent,
  agentInstance,
  context,
  environment,
  execution,
  helloDefinition,
  instance,
  listeningDefinition,
  workflow,
} from "./testing/definitions.ts";
import { documentedCodes } from "./documented-codes.ts";
import { createGrpcJsTransport } from "./testing/grpc-js-transport.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

/*
 * One row for each rpc and code it can answer with, in process and over the wire with grpc-js. Each row stands for itself: it makes what it needs under names of its own.
 */

const ABSENT = "01arz3ndektsv4rrffq69g5fav";
const force: CallOptions = { headers: { "stigmer-force": "true" } };

interface Case {
  readonly rpc: string;
  readonly code: string;
  readonly text?: RegExp;
  readonly call: (client: StigmerClient, name: string) => Promise<unknown>;
}

/** A definition whose input must have a number. */
const typedDefinition = `document: {dsl: 1.0.0, namespace: test, name: typed, version: 1.0.0}
input: {schema: {document: {type: object, required: [total], properties: {total: {type: number}}}}}
do:
  - greet: {set: {seen: "\${ .total }"}}
`;

function given(run: WorkflowExecution, input: JsonValue): WorkflowExecution {
  if (run.spec !== undefined) run.spec.input = fromJson(ValueSchema, input);
  return run;
}

async function flow(client: StigmerClient, name: string, definition = helloDefinition()): Promise<string> {
  return (await client.workflow.command.create(workflow(name, definition))).metadata?.id ?? "";
}

async function open(client: StigmerClient, name: string): Promise<string> {
  return (
    (await client.workflowExecution.command.create(execution(await flow(client, name, listeningDefinition()), name)))
      .metadata?.id ?? ""
  );
}

async function ended(client: StigmerClient, name: string): Promise<string> {
  const id =
    (await client.workflowExecution.command.create(execution(await flow(client, name), name))).metadata?.id ?? "";
  await drain(client.workflowExecution.query.subscribe({ executionId: id }));
  return id;
}

async function drain<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

function unscoped<R extends { metadata?: { ownerScope: number } | undefined }>(resource: R): R {
  if (resource.metadata !== undefined) resource.metadata.ownerScope = 0;
  return resource;
}

interface Verbs<R> {
  create(resource: R): Promise<R>;
  apply(resource: R): Promise<R>;
  update(resource: R): Promise<R>;
}

/** What all kinds with all verbs answer alike; `build` makes what the resource refers to, and not the resource. */
function rowsOf<R extends { metadata?: ApiResourceMetadata | undefined }>(
  rpc: string,
  build: (client: StigmerClient, name: string) => Promise<R>,
  verbs: (client: StigmerClient) => Verbs<R>,
  getByReference: (client: StigmerClient, slug: string) => Promise<R>,
): readonly Case[] {
  const changed = (resource: R, metadata: Partial<ApiResourceMetadata>): R => {
    Object.assign(resource.metadata ?? {}, metadata);
    return resource;
  };
  const otherVersion = (verb: "apply" | "update"): Case => ({
    rpc: `${rpc}.${verb}`,
    code: "ABORTED",
    text: /resource_version is 1, not 7/u,
    call: async (c, n) => {
      const made = await verbs(c).create(await build(c, n));
      await verbs(c)[verb](changed(made, { resourceVersion: 7n }));
    },
  });
  return [
    {
      rpc: `${rpc}.create`,
      code: "ALREADY_EXISTS",
      text: /with slug '.*' already exists/u,
      call: async (c, n) => {
        const made = await build(c, n);
        await verbs(c).create(made);
        await verbs(c).create(made);
      },
    },
    {
      rpc: `${rpc}.apply with the id of another`,
      code: "ALREADY_EXISTS",
      text: / already exists: /u,
      call: async (c, n) => {
        const made = await verbs(c).create(await build(c, n));
        await verbs(c).apply(changed(await build(c, `${n}-2`), { id: made.metadata?.id ?? "" }));
      },
    },
    otherVersion("update"),
    otherVersion("apply"),
    {
      rpc: `${rpc}.update`,
      code: "NOT_FOUND",
      text: / not found: /u,
      call: async (c, n) => verbs(c).update(await build(c, n)),
    },
    { rpc: `${rpc}.getByReference`, code: "NOT_FOUND", call: (c) => getByReference(c, "nobody") },
  ];
}

async function helper(client: StigmerClient, name: string): Promise<string> {
  return (await client.agent.command.create(agent(name))).metadata?.id ?? "";
}

/** A run whose journal failed a check. */
async function quarantined(client: StigmerClient, name: string): Promise<string> {
  const id = await ended(client, name);
  const row = await world.store.runs.get(id);
  await world.store.commit([{ op: "updateRun", run: row?.run ?? 0, changes: { status: "quarantined" } }]);
  return id;
}

/** A run with an idempotency key that a run of another workflow has. */
async function keyTwice(client: StigmerClient, name: string): Promise<WorkflowExecution> {
  const withKey = async (flowName: string): Promise<WorkflowExecution> => {
    const run = execution(await flow(client, flowName));
    if (run.spec !== undefined) run.spec.idempotencyKey = name;
    return run;
  };
  await client.workflowExecution.command.create(await withKey(name));
  return withKey(`${name}-2`);
}

const NOBODY = { executionId: "wex-x" };
const GREET = { task: "/do/0/greet" };

const cases: readonly Case[] = [
  ...rowsOf(
    "workflow",
    async (_c, n) => workflow(n),
    (c) => c.workflow.command,
    (c, slug) => c.workflow.query.getByReference({ slug }),
  ),
  ...rowsOf(
    "instance",
    async (c, n) => instance(`${n}-mine`, await flow(c, n)),
    (c) => c.workflowInstance.command,
    (c, slug) => c.workflowInstance.query.getByReference({ slug }),
  ),
  ...rowsOf(
    "environment",
    async (_c, n) => environment(n, {}),
    (c) => c.environment.command,
    (c, slug) => c.environment.query.getByReference({ slug }),
  ),
  ...rowsOf(
    "agent",
    async (_c, n) => agent(n),
    (c) => c.agent.command,
    (c, slug) => c.agent.query.getByReference({ slug }),
  ),
  ...rowsOf(
    "agentInstance",
    async (c, n) => agentInstance(`${n}-mine`, await helper(c, n)),
    (c) => c.agentInstance.command,
    (c, slug) => c.agentInstance.query.getByReference({ slug }),
  ),
  {
    rpc: "instance.apply",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-gone$/u,
    call: (c, n) => c.workflowInstance.command.apply(instance(n, "wfl-gone")),
  },
  {
    rpc: "agentInstance.apply",
    code: "NOT_FOUND",
    text: /^Agent not found: agt-gone$/u,
    call: (c, n) => c.agentInstance.command.apply(agentInstance(n, "agt-gone")),
  },
  { rpc: "agentInstance.get", code: "NOT_FOUND", call: (c) => c.agentInstance.query.get({ value: "ain-x" }) },
  { rpc: "agent.delete", code: "NOT_FOUND", call: (c) => c.agent.command.delete({ value: "agt-x" }) },
  {
    rpc: "agent.create without a spec",
    code: "INVALID_ARGUMENT",
    text: /^spec: is missing/u,
    call: (c, n) => c.agent.command.create({ ...agent(n), spec: undefined as never }),
  },
  {
    rpc: "context.create",
    code: "ALREADY_EXISTS",
    call: async (c, n) => {
      await c.executionContext.command.create(context(n));
      await c.executionContext.command.create(context(n));
    },
  },
  {
    rpc: "context.getByReference",
    code: "NOT_FOUND",
    call: (c) => c.executionContext.query.getByReference({ slug: "nobody" }),
  },
  {
    rpc: "execution.create",
    code: "FAILED_PRECONDITION",
    text: /idempotency key/u,
    call: async (c, n) => c.workflowExecution.command.create(await keyTwice(c, n)),
  },
  {
    rpc: "execution.run",
    code: "FAILED_PRECONDITION",
    text: /idempotency key/u,
    call: async (c, n) => c.workflowExecution.service.run(await keyTwice(c, n)),
  },
  {
    rpc: "execution.run",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-x$/u,
    call: (c, n) => c.workflowExecution.service.run(execution("wfl-x", n)),
  },
  {
    rpc: "execution.run",
    code: "ALREADY_EXISTS",
    text: /^WorkflowExecution with slug/u,
    call: async (c, n) => {
      const run = execution(await flow(c, n), n);
      await c.workflowExecution.service.run(run);
      await c.workflowExecution.service.run(run);
    },
  },
  {
    rpc: "execution.update",
    code: "ABORTED",
    text: /resource_version is \d+, not 99/u,
    call: async (c, n) => {
      const run = await c.workflowExecution.query.get({ value: await open(c, n) });
      if (run.metadata !== undefined) run.metadata.resourceVersion = 99n;
      await c.workflowExecution.command.update(run);
    },
  },
  { rpc: "execution.awaitEnd", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.awaitEnd(NOBODY) },
  { rpc: "execution.suspend", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.suspend(NOBODY) },
  { rpc: "execution.resume", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.resume(NOBODY) },
  { rpc: "execution.retry", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.retry(NOBODY) },
  {
    rpc: "execution.patchContext",
    code: "NOT_FOUND",
    call: (c) => c.workflowExecution.service.patchContext({ ...NOBODY, patch: {} }),
  },
  { rpc: "execution.history", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.history(NOBODY) },
  { rpc: "execution.stateAt", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.stateAt(NOBODY) },
  { rpc: "execution.watch", code: "NOT_FOUND", call: (c) => drain(c.workflowExecution.service.watch(NOBODY)) },
  { rpc: "execution.watch", code: "INVALID_ARGUMENT", call: (c) => drain(c.workflowExecution.service.watch({})) },
  {
    rpc: "execution.retry",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.retry({ executionId: await open(c, n) }),
  },
  {
    rpc: "execution.skip",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.skip({ executionId: await ended(c, n), ...GREET }),
  },
  {
    rpc: "execution.goto",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.goto({ executionId: await ended(c, n), ...GREET }),
  },
  {
    rpc: "execution.patchContext",
    code: "FAILED_PRECONDITION",
    call: async (c, n) =>
      c.workflowExecution.service.patchContext({ executionId: await ended(c, n), patch: { a: true } }),
  },
  {
    rpc: "execution.history",
    code: "FAILED_PRECONDITION",
    text: /is quarantined/u,
    call: async (c, n) => c.workflowExecution.service.history({ executionId: await quarantined(c, n) }),
  },
  {
    rpc: "execution.stateAt",
    code: "FAILED_PRECONDITION",
    text: /is quarantined/u,
    call: async (c, n) => c.workflowExecution.service.stateAt({ executionId: await quarantined(c, n) }),
  },
  // Workflow
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /api_version/u,
    call: (c, n) => c.workflow.command.create({ ...workflow(n), apiVersion: "v0" }),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /metadata/u,
    call: (c) => c.workflow.command.create({ apiVersion: "agentic.stigmer.ai/v1", kind: "Workflow" }),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.name: is empty/u,
    call: (c) => c.workflow.command.create(workflow("")),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /no letter a-z or digit/u,
    call: (c) => c.workflow.command.create(workflow("你好")),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /at most 63/u,
    call: (c) => c.workflow.command.create(workflow("x".repeat(64))),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.slug: "No Slug"/u,
    call: (c, n) => {
      const flow_ = workflow(n);
      if (flow_.metadata !== undefined) flow_.metadata.slug = "No Slug";
      return c.workflow.command.create(flow_);
    },
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.id: should be empty or of the form wfl-/u,
    call: (c, n) => {
      const flow_ = workflow(n);
      if (flow_.metadata !== undefined) flow_.metadata.id = "wfl_1";
      return c.workflow.command.create(flow_);
    },
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^workflow validation failed: \d+:\d+: .*\(OW\d+\)/u,
    call: (c, n) => c.workflow.command.create(workflow(n, "document: {}\ndo: []\n")),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /spec/u,
    call: (c, n) => c.workflow.command.create({ ...workflow(n), spec: undefined as never }),
  },
  {
    rpc: "workflow.create",
    code: "ALREADY_EXISTS",
    text: /^Workflow with slug '[a-z0-9-]+' already exists \(id: wfl-[0-9a-z]{26}\)$/u,
    call: async (c, n) => {
      await flow(c, n);
      await c.workflow.command.create(workflow(n));
    },
  },
  {
    rpc: "workflow.update",
    code: "INVALID_ARGUMENT",
    text: /^resource id or slug is required for update$/u,
    call: (c) => c.workflow.command.update(workflow("")),
  },
  {
    rpc: "workflow.update",
    code: "NOT_FOUND",
    text: /^Workflow not found: nobody$/u,
    call: (c) => c.workflow.command.update(workflow("nobody")),
  },
  {
    rpc: "workflow.update",
    code: "ABORTED",
    text: /resource_version is 1, not 7/u,
    call: async (c, n) => {
      await flow(c, n);
      const next = workflow(n);
      if (next.metadata !== undefined) next.metadata.resourceVersion = 7n;
      await c.workflow.command.update(next);
    },
  },
  {
    rpc: "workflow.apply",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.name/u,
    call: (c) => c.workflow.command.apply(workflow("")),
  },
  { rpc: "workflow.delete", code: "INVALID_ARGUMENT", call: (c) => c.workflow.command.delete({ value: "" }) },
  {
    rpc: "workflow.delete",
    code: "NOT_FOUND",
    text: new RegExp(`^Workflow not found: wfl-${ABSENT}$`, "u"),
    call: (c) => c.workflow.command.delete({ value: `wfl-${ABSENT}` }),
  },
  {
    rpc: "workflow.delete",
    code: "FAILED_PRECONDITION",
    text: /runs that have not ended/u,
    call: async (c, n) => {
      const id = await flow(c, n, listeningDefinition());
      await c.workflowExecution.command.create(execution(id, n));
      await c.workflow.command.delete({ value: id });
    },
  },
  {
    rpc: "workflow.delete",
    code: "FAILED_PRECONDITION",
    text: /1 instances beside its default one/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      await c.workflowInstance.command.create(instance(`${n}-mine`, id));
      await c.workflow.command.delete({ value: id });
    },
  },
  {
    rpc: "workflow.delete forced",
    code: "OK",
    call: async (c, n) => {
      const id = await flow(c, n, listeningDefinition());
      await c.workflowInstance.command.create(instance(`${n}-mine`, id));
      const run = await c.workflowExecution.command.create(execution(id, n));
      await c.workflow.command.delete({ value: id }, force);
      await expect(c.workflowExecution.query.get({ value: run.metadata?.id ?? "" })).rejects.toThrow("not found");
      expect((await c.workflowInstance.service.list({ workflowId: id })).workflowInstances).toEqual([]);
    },
  },
  { rpc: "workflow.get", code: "INVALID_ARGUMENT", call: (c) => c.workflow.query.get({}) },
  {
    rpc: "workflow.get",
    code: "NOT_FOUND",
    text: /^Workflow not found: x$/u,
    call: (c) => c.workflow.query.get({ value: "x" }),
  },
  {
    rpc: "workflow.getByReference",
    code: "INVALID_ARGUMENT",
    text: /^slug is required in reference$/u,
    call: (c) => c.workflow.query.getByReference({}),
  },
  {
    rpc: "workflow.getByReference",
    code: "INVALID_ARGUMENT",
    text: /^kind mismatch: expected workflow, got agent$/u,
    call: (c) => c.workflow.query.getByReference({ slug: "a", kind: 40 }),
  },
  {
    rpc: "workflow.getByReference",
    code: "NOT_FOUND",
    text: /^Workflow not found: nobody$/u,
    call: (c) => c.workflow.query.getByReference({ slug: "nobody", org: "local" }),
  },
  {
    rpc: "workflow.getByReference",
    code: "INVALID_ARGUMENT",
    text: /exists in 2 organizations/u,
    call: async (c, n) => {
      await c.workflow.command.create(workflow(n, helloDefinition(), "a"));
      await c.workflow.command.create(workflow(n, helloDefinition(), "b"));
      expect((await c.workflow.query.getByReference({ slug: n, org: "b" })).metadata?.org).toBe("b");
      await c.workflow.query.getByReference({ slug: n });
    },
  },
  {
    rpc: "workflow.getByReference",
    code: "NOT_FOUND",
    text: /^Workflow version not found: 9\.9\.9/u,
    call: async (c, n) => {
      await flow(c, n);
      await c.workflow.query.getByReference({ slug: n, version: "9.9.9" });
    },
  },
  {
    rpc: "workflow.list",
    code: "INVALID_ARGUMENT",
    text: /page_size/u,
    call: (c) => c.workflow.service.list({ pageSize: 501 }),
  },
  {
    rpc: "workflow.list",
    code: "INVALID_ARGUMENT",
    text: /^page_token: /u,
    call: (c) => c.workflow.service.list({ pageToken: "nonsense" }),
  },
  {
    rpc: "workflow.listVersions",
    code: "NOT_FOUND",
    call: (c) => c.workflow.service.listVersions({ workflowId: "x" }),
  },
  {
    rpc: "workflow.getVersion",
    code: "NOT_FOUND",
    call: async (c, n) =>
      c.workflow.service.getVersion({ workflowId: await flow(c, n), version: { case: "revision", value: 2n } }),
  },
  { rpc: "workflow.validate", code: "INVALID_ARGUMENT", call: (c) => c.workflow.service.validate({}) },
  { rpc: "workflow.diff", code: "NOT_FOUND", call: (c) => c.workflow.service.diff({ workflowId: "x" }) },
  {
    rpc: "workflow.diff",
    code: "INVALID_ARGUMENT",
    text: /^workflow validation failed/u,
    call: async (c, n) =>
      c.workflow.service.diff({ workflowId: await flow(c, n), to: { case: "toDefinition", value: "x" } }),
  },
  // WorkflowInstance
  {
    rpc: "instance.create",
    code: "INVALID_ARGUMENT",
    text: /workflow_id/u,
    call: (c, n) => c.workflowInstance.command.create(instance(n, "")),
  },
  {
    rpc: "instance.create",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-gone$/u,
    call: (c, n) => c.workflowInstance.command.create(instance(n, "wfl-gone")),
  },
  {
    rpc: "instance.create",
    code: "INVALID_ARGUMENT",
    text: /^Cannot create instance of org-scoped workflow in a different organization\. Workflow belongs to org 'local', instance target is org 'other'\. Create a user-scoped instance instead\.$/u,
    call: async (c, n) => c.workflowInstance.command.create(instance(`${n}-i`, await flow(c, n), "other")),
  },
  {
    rpc: "instance.create user-scoped",
    code: "OK",
    call: async (c, n) => {
      const mine = instance(`${n}-i`, await flow(c, n), "other");
      if (mine.metadata !== undefined) mine.metadata.ownerScope = ApiResourceOwnerScope.identity_account;
      await c.workflowInstance.command.create(mine);
    },
  },
  {
    rpc: "instance.create",
    code: "NOT_FOUND",
    text: /^Environment not found: nowhere$/u,
    call: async (c, n) => {
      const refers = instance(`${n}-i`, await flow(c, n));
      if (refers.spec !== undefined)
        refers.spec.envRefs = [create(ApiResourceReferenceSchema, { slug: "nowhere", org: "local", kind: 53 })];
      await c.workflowInstance.command.create(refers);
    },
  },
  {
    rpc: "instance.create",
    code: "ALREADY_EXISTS",
    text: /^WorkflowInstance with slug/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      await c.workflowInstance.command.create(instance(`${n}-default`, id));
    },
  },
  {
    rpc: "instance.update",
    code: "INVALID_ARGUMENT",
    text: /^spec\.workflow_id: cannot be changed/u,
    call: async (c, n) => {
      await flow(c, n);
      await c.workflowInstance.command.update(instance(`${n}-default`, await flow(c, `${n}-2`)));
    },
  },
  {
    rpc: "instance.update",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.owner_scope: cannot be changed/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      const moved = instance(`${n}-default`, id);
      if (moved.metadata !== undefined) moved.metadata.ownerScope = ApiResourceOwnerScope.identity_account;
      await c.workflowInstance.command.update(moved);
    },
  },
  {
    rpc: "instance.update",
    code: "NOT_FOUND",
    text: /^WorkflowInstance not found: nobody$/u,
    call: (c) => c.workflowInstance.command.update(instance("nobody", "w")),
  },
  {
    rpc: "instance.apply",
    code: "OK",
    call: async (c, n) => c.workflowInstance.command.apply(instance(`${n}-default`, await flow(c, n))),
  },
  {
    rpc: "instance.delete",
    code: "NOT_FOUND",
    text: /^WorkflowInstance not found: win-x$/u,
    call: (c) => c.workflowInstance.command.delete({ value: "win-x" }),
  },
  {
    rpc: "instance.delete",
    code: "FAILED_PRECONDITION",
    text: /WorkflowInstance "win-[0-9a-z]+": it has runs that have not ended/u,
    call: async (c, n) => {
      const run = await c.workflowExecution.query.get({ value: await open(c, n) });
      await c.workflowInstance.command.delete({ value: run.spec?.workflowInstanceId ?? "" });
    },
  },
  { rpc: "instance.get", code: "NOT_FOUND", call: (c) => c.workflowInstance.query.get({ value: "win-x" }) },
  {
    rpc: "instance.getByReference",
    code: "INVALID_ARGUMENT",
    call: (c) => c.workflowInstance.query.getByReference({}),
  },
  { rpc: "instance.getByWorkflow", code: "INVALID_ARGUMENT", call: (c) => c.workflowInstance.query.getByWorkflow({}) },
  {
    rpc: "instance.getByWorkflow",
    code: "INVALID_ARGUMENT",
    text: /page_info\.num/u,
    call: (c) => c.workflowInstance.query.getByWorkflow({ workflowId: "x", pageInfo: { num: -1 } }),
  },
  {
    rpc: "instance.getByWorkflow of nobody",
    code: "OK",
    call: async (c) => expect((await c.workflowInstance.query.getByWorkflow({ workflowId: "x" })).entries).toEqual([]),
  },
  // WorkflowExecution
  {
    rpc: "execution.create",
    code: "INVALID_ARGUMENT",
    text: /^either workflow_id or workflow_instance_id must be provided$/u,
    call: (c) => c.workflowExecution.command.create(execution("")),
  },
  {
    rpc: "execution.create",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-x$/u,
    call: (c) => c.workflowExecution.command.create(execution("wfl-x")),
  },
  {
    rpc: "execution.create",
    code: "NOT_FOUND",
    text: /^WorkflowInstance not found: win-x$/u,
    call: (c) => {
      const run = execution("");
      if (run.spec !== undefined) run.spec.workflowInstanceId = "win-x";
      return c.workflowExecution.command.create(run);
    },
  },
  {
    rpc: "execution.create",
    code: "INVALID_ARGUMENT",
    text: /another organization/u,
    call: async (c, n) => c.workflowExecution.command.create(execution(await flow(c, n), n, "other")),
  },
  {
    rpc: "execution.create",
    code: "ALREADY_EXISTS",
    text: /^WorkflowExecution with slug/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      await c.workflowExecution.command.create(execution(id, n));
      await c.workflowExecution.command.create(execution(id, n));
    },
  },
  {
    rpc: "execution.create",
    code: "NOT_FOUND",
    text: /^Workflow version not found/u,
    call: async (c, n) => {
      const run = execution(await flow(c, n), n);
      if (run.spec !== undefined) run.spec.workflowRevision = "0".repeat(64);
      await c.workflowExecution.command.create(run);
    },
  },
  {
    rpc: "execution.get",
    code: "NOT_FOUND",
    text: /^WorkflowExecution not found: wex-x$/u,
    call: (c) => c.workflowExecution.query.get({ value: "wex-x" }),
  },
  {
    rpc: "execution.list",
    code: "INVALID_ARGUMENT",
    text: /page_token/u,
    call: (c) => c.workflowExecution.query.list({ pageToken: "x" }),
  },
  {
    rpc: "execution.list",
    code: "INVALID_ARGUMENT",
    text: /page_size/u,
    call: (c) => c.workflowExecution.query.list({ pageSize: -1 }),
  },
  {
    rpc: "execution.listByWorkflow",
    code: "INVALID_ARGUMENT",
    call: (c) => c.workflowExecution.query.listByWorkflow({}),
  },
  {
    rpc: "execution.subscribe",
    code: "NOT_FOUND",
    text: /^WorkflowExecution not found: wex-x$/u,
    call: (c) => drain(c.workflowExecution.query.subscribe({ executionId: "wex-x" })),
  },
  { rpc: "execution.subscribe", code: "INVALID_ARGUMENT", call: (c) => drain(c.workflowExecution.query.subscribe({})) },
  {
    rpc: "execution.subscribe to one that has ended",
    code: "OK",
    call: async (c, n) =>
      expect(await drain(c.workflowExecution.query.subscribe({ executionId: await ended(c, n) }))).toHaveLength(1),
  },
  {
    rpc: "execution.update",
    code: "NOT_FOUND",
    call: (c) => c.workflowExecution.command.update(execution("w", "nobody")),
  },
  {
    rpc: "execution.update",
    code: "INVALID_ARGUMENT",
    text: /^spec: cannot be changed/u,
    call: async (c, n) => {
      const id = await ended(c, n);
      const run = await c.workflowExecution.query.get({ value: id });
      if (run.spec !== undefined) run.spec.triggerMessage = "another";
      if (run.metadata !== undefined) run.metadata.resourceVersion = 0n;
      await c.workflowExecution.command.update(run);
    },
  },
  {
    rpc: "execution.updateStatus",
    code: "INVALID_ARGUMENT",
    call: (c) => c.workflowExecution.command.updateStatus({ executionId: "x" }),
  },
  {
    rpc: "execution.updateStatus",
    code: "NOT_FOUND",
    text: /^WorkflowExecution not found: wex-x$/u,
    call: (c) => c.workflowExecution.command.updateStatus({ executionId: "wex-x", status: {} }),
  },
  {
    rpc: "execution.updateStatus",
    code: "FAILED_PRECONDITION",
    text: /is not reopened/u,
    call: async (c, n) =>
      c.workflowExecution.command.updateStatus({ executionId: await ended(c, n), status: { phase: 2 } }),
  },
  { rpc: "execution.delete", code: "NOT_FOUND", call: (c) => c.workflowExecution.command.delete({ value: "wex-x" }) },
  {
    rpc: "execution.delete",
    code: "FAILED_PRECONDITION",
    text: /has not ended/u,
    call: async (c, n) => c.workflowExecution.command.delete({ value: await open(c, n) }),
  },
  {
    rpc: "execution.delete forced",
    code: "OK",
    call: async (c, n) => c.workflowExecution.command.delete({ value: await open(c, n) }, force),
  },
  {
    rpc: "execution.delete",
    code: "OK",
    call: async (c, n) => c.workflowExecution.command.delete({ value: await ended(c, n) }),
  },
  {
    rpc: "execution.find",
    code: "INVALID_ARGUMENT",
    text: /phases/u,
    call: (c) => c.workflowExecution.service.list({ phases: [0] }),
  },
  {
    rpc: "execution.cancel",
    code: "NOT_FOUND",
    call: (c) => c.workflowExecution.service.cancel({ executionId: "wex-x" }),
  },
  {
    rpc: "execution.cancel",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.cancel({ executionId: await ended(c, n) }),
  },
  {
    rpc: "execution.cancel",
    code: "OK",
    call: async (c, n) =>
      expect((await c.workflowExecution.service.cancel({ executionId: await open(c, n) })).status?.phase).toBe(5),
  },
  {
    rpc: "execution.suspend",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.suspend({ executionId: await ended(c, n) }),
  },
  {
    rpc: "execution.resume",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.resume({ executionId: await open(c, n) }),
  },
  {
    rpc: "execution.suspend and resume",
    code: "OK",
    call: async (c, n) => {
      const executionId = await open(c, n);
      expect((await c.workflowExecution.service.suspend({ executionId, reason: "look" })).status?.runPhase).toBe(4);
      expect((await c.workflowExecution.service.resume({ executionId })).status?.runPhase).toBe(3);
    },
  },
  {
    rpc: "execution.skip",
    code: "OK",
    call: async (c, n) =>
      expect(
        (await c.workflowExecution.service.skip({ executionId: await open(c, n), task: "/do/0/hear" })).status?.phase,
      ).toBe(3),
  },
  {
    rpc: "execution.skip",
    code: "NOT_FOUND",
    text: /^Task not found: \/do\/9\/x$/u,
    call: async (c, n) => c.workflowExecution.service.skip({ executionId: await open(c, n), task: "/do/9/x" }),
  },
  {
    rpc: "execution.goto",
    code: "NOT_FOUND",
    text: /^Task not found: nowhere$/u,
    call: async (c, n) => c.workflowExecution.service.goto({ executionId: await open(c, n), task: "nowhere" }),
  },
  {
    rpc: "execution.retry",
    code: "OK",
    call: async (c, n) => c.workflowExecution.service.retry({ executionId: await ended(c, n), task: "/do/0/greet" }),
  },
  {
    rpc: "execution.patchContext",
    code: "OK",
    call: async (c, n) => {
      const executionId = await open(c, n);
      await c.workflowExecution.service.patchContext({ executionId, patch: { a: { b: 1 }, c: 2 } });
      await c.workflowExecution.service.patchContext({ executionId, patch: { a: { d: 3 }, c: null } });
      const state = await c.workflowExecution.service.stateAt({ executionId });
      expect(toJson(ValueSchema, state.context ?? create(ValueSchema))).toEqual({ a: { b: 1, d: 3 } });
    },
  },
  {
    rpc: "execution.history",
    code: "OK",
    call: async (c, n) => {
      const executionId = await ended(c, n);
      const { entries, nextPageToken } = await c.workflowExecution.service.history({ executionId });
      expect(entries.map(({ position, event }) => ({ position, event }))).toEqual([{ position: 1n, event: "started" }]);
      expect(entries[0]?.trace.map(({ kind }) => kind)).toContain("completed");
      expect(nextPageToken).toBe("");
    },
  },
  {
    rpc: "execution.history",
    code: "OUT_OF_RANGE",
    call: async (c, n) => c.workflowExecution.service.history({ executionId: await ended(c, n), afterPosition: 99n }),
  },
  {
    rpc: "execution.history",
    code: "INVALID_ARGUMENT",
    text: /page_token/u,
    call: async (c, n) => c.workflowExecution.service.history({ executionId: await ended(c, n), pageToken: "x" }),
  },
  {
    rpc: "execution.stateAt",
    code: "OUT_OF_RANGE",
    call: async (c, n) => c.workflowExecution.service.stateAt({ executionId: await ended(c, n), position: 99n }),
  },
  {
    rpc: "execution.run",
    code: "OK",
    call: async (c, n) => {
      const outcome = await c.workflowExecution.service.run(execution(await flow(c, n), n));
      expect(toJson(ValueSchema, outcome.output ?? create(ValueSchema))).toEqual({ greeting: "hello" });
    },
  },
  {
    rpc: "execution.run",
    code: "INVALID_ARGUMENT",
    text: /^either workflow_id or workflow_instance_id must be provided$/u,
    call: (c, n) => c.workflowExecution.service.run(execution("", n)),
  },
  {
    rpc: "execution.create with an input that its schema refuses",
    code: "INVALID_ARGUMENT",
    text: /^Cannot start workflow "test\/typed": spec.input\/total .*number/u,
    call: async (c, n) => {
      const workflowId = await flow(c, n, typedDefinition);
      return c.workflowExecution.command.create(given(execution(workflowId, n), { total: "much" }));
    },
  },
  {
    rpc: "execution.create with an input that fits its schema",
    code: "OK",
    call: async (c, n) => {
      const workflowId = await flow(c, n, typedDefinition);
      return c.workflowExecution.command.create(given(execution(workflowId, n), { total: 1 }));
    },
  },
  {
    rpc: "event.publish again",
    code: "OK",
    call: async (c, n) => {
      const event = { id: n, source: "test", type: "test.repeated" };
      expect(await c.event.service.publish({ event })).toMatchObject({ eventId: n, duplicate: false });
      expect(await c.event.service.publish({ event })).toMatchObject({ eventId: n, duplicate: true });
      expect(await c.event.service.publish({ org: "other", event })).toMatchObject({ duplicate: false });
      const { results } = await c.event.service.publishBatch({ events: [event, { ...event, id: `${n}-2` }] });
      expect(results.map(({ duplicate }) => duplicate)).toEqual([true, false]);
    },
  },
  {
    rpc: "execution.awaitEnd",
    code: "OK",
    call: async (c, n) =>
      expect((await c.workflowExecution.service.awaitEnd({ executionId: await ended(c, n) })).phase).toBe(7),
  },
  {
    rpc: "execution.watch",
    code: "OK",
    call: async (c, n) => {
      const changes = await drain(c.workflowExecution.service.watch({ executionId: await ended(c, n) }));
      expect(changes.at(-1)?.last).toBe(true);
      expect(changes.flatMap(({ entries }) => entries.map(({ kind }) => kind))).toContain("completed");
    },
  },
  {
    rpc: "execution.watch",
    code: "OUT_OF_RANGE",
    call: async (c, n) =>
      drain(c.workflowExecution.service.watch({ executionId: await ended(c, n), afterPosition: 99n })),
  },
  // Environment, execution context
  {
    rpc: "environment.create",
    code: "INVALID_ARGUMENT",
    text: /organization or identity_account scope/u,
    call: (c, n) => c.environment.command.create(unscoped(environment(n, {}))),
  },
  {
    rpc: "environment.create",
    code: "INVALID_ARGUMENT",
    text: /^spec\.data\["KEY"\]\.value: is the placeholder/u,
    call: (c, n) => c.environment.command.create(environment(n, {}, { KEY: "[redacted]" })),
  },
  {
    rpc: "environment.create",
    code: "ALREADY_EXISTS",
    text: /^Environment with slug/u,
    call: async (c, n) => {
      await c.environment.command.create(environment(n, {}));
      await c.environment.command.create(environment(n, {}));
    },
  },
  {
    rpc: "environment.update",
    code: "NOT_FOUND",
    text: /^Environment not found: nobody$/u,
    call: (c) => c.environment.command.update(environment("nobody", {})),
  },
  { rpc: "environment.delete", code: "INVALID_ARGUMENT", call: (c) => c.environment.command.delete({}) },
  { rpc: "environment.delete", code: "NOT_FOUND", call: (c) => c.environment.command.delete({ resourceId: "env-x" }) },
  {
    rpc: "environment.delete",
    code: "OK",
    call: async (c, n) =>
      c.environment.command.delete({
        resourceId: (await c.environment.command.create(environment(n, {}))).metadata?.id ?? "",
      }),
  },
  { rpc: "environment.get", code: "NOT_FOUND", call: (c) => c.environment.query.get({ value: "env-x" }) },
  {
    rpc: "environment.getByReference",
    code: "INVALID_ARGUMENT",
    text: /^kind mismatch: expected environment, got workflow_execution$/u,
    call: (c) => c.environment.query.getByReference({ slug: "x", kind: 52 }),
  },
  {
    rpc: "context.create",
    code: "OK",
    call: async (c, n) =>
      expect((await c.executionContext.command.create(context(n))).spec?.data["A"]?.value).toBe("[redacted]"),
  },
  {
    rpc: "context.apply",
    code: "ALREADY_EXISTS",
    text: /^ExecutionContext already exists: /u,
    call: async (c, n) => {
      await c.executionContext.command.apply(context(n));
      await c.executionContext.command.apply(context(n));
    },
  },
  {
    rpc: "context.get",
    code: "NOT_FOUND",
    text: /^ExecutionContext not found: exec-x$/u,
    call: (c) => c.executionContext.query.get({ value: "exec-x" }),
  },
  { rpc: "context.getByReference", code: "INVALID_ARGUMENT", call: (c) => c.executionContext.query.getByReference({}) },
  {
    rpc: "context.delete",
    code: "NOT_FOUND",
    call: (c) => c.executionContext.command.delete({ resourceId: "exec-x" }),
  },
  // Agent, agent instance
  {
    rpc: "agent.create",
    code: "INVALID_ARGUMENT",
    text: /instructions/u,
    call: (c, n) => c.agent.command.create(agent(n, "local", "short")),
  },
  {
    rpc: "agent.create, delete",
    code: "OK",
    call: async (c, n) => {
      const made = await c.agent.command.create(agent(n));
      expect((await c.agentInstance.query.get({ value: made.status?.defaultInstanceId ?? "" })).metadata?.name).toBe(
        `${n}-default`,
      );
      await c.agent.command.delete({ value: made.metadata?.id ?? "" });
      expect((await c.agentInstance.query.getByAgent({ agentId: made.metadata?.id ?? "" })).totalCount).toBe(0);
    },
  },
  {
    rpc: "agent.delete",
    code: "FAILED_PRECONDITION",
    text: /1 instances beside its default one/u,
    call: async (c, n) => {
      const { metadata } = await c.agent.command.create(agent(n));
      await c.agentInstance.command.create(agentInstance(`${n}-mine`, metadata?.id ?? ""));
      await c.agent.command.delete({ value: metadata?.id ?? "" });
    },
  },
  { rpc: "agent.getByReference of nothing", code: "INVALID_ARGUMENT", call: (c) => c.agent.query.getByReference({}) },
  {
    rpc: "agent.get",
    code: "NOT_FOUND",
    text: /^Agent not found: agt-x$/u,
    call: (c) => c.agent.query.get({ value: "agt-x" }),
  },
  {
    rpc: "agentInstance.create",
    code: "NOT_FOUND",
    text: /^Agent not found: agt-x$/u,
    call: (c, n) => c.agentInstance.command.create(agentInstance(n, "agt-x")),
  },
  {
    rpc: "agentInstance.create with an environment",
    code: "OK",
    call: async (c, n) => {
      const { metadata } = await c.agent.command.create(agent(n));
      await c.environment.command.create(environment(n, { A: "1" }));
      for (const [index, kind] of [0, 53].entries()) {
        const made = agentInstance(`${n}-${index}`, metadata?.id ?? "");
        if (made.spec !== undefined)
          made.spec.environmentRefs = [create(ApiResourceReferenceSchema, { slug: n, org: "local", kind })];
        await c.agentInstance.command.create(made);
      }
    },
  },
  { rpc: "agentInstance.delete", code: "NOT_FOUND", call: (c) => c.agentInstance.command.delete({ value: "ain-x" }) },
  // Events, server
  { rpc: "event.publish", code: "INVALID_ARGUMENT", call: (c) => c.event.service.publish({}) },
  {
    rpc: "event.publish",
    code: "INVALID_ARGUMENT",
    text: /extensions\["data"\]/u,
    call: (c) =>
      c.event.service.publish({
        event: { source: "s", type: "t", extensions: { data: { kind: { case: "stringValue", value: "x" } } } },
      }),
  },
  {
    rpc: "event.publish",
    code: "OK",
    call: async (c) =>
      expect((await c.event.service.publish({ org: "local", event: { source: "s", type: "t" } })).eventId).not.toBe(""),
  },
  { rpc: "event.publishBatch", code: "INVALID_ARGUMENT", call: (c) => c.event.service.publishBatch({}) },
  { rpc: "server.info", code: "OK", call: async (c) => expect((await c.server.service.info({})).ready).toBe(true) },
  { rpc: "server.backup of a server in memory", code: "UNIMPLEMENTED", call: (c) => c.server.service.backup({}) },
];

let world: ResourceWorld;
let wire: ReturnType<typeof createGrpcJsTransport>;
/** What was answered over the wire, as `<service>/<method> <code>`. */
const answered = new Set<string>();
const pathOf = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;
const note = (method: DescMethod, error: unknown): void =>
  void answered.add(`${pathOf(method)} ${GrpcStatus[(error as { code?: number }).code ?? 0] ?? ""}`);

/** Notes down what a transport answers. */
function noting(transport: Transport): Transport {
  return {
    unary: async (method, ...rest) => {
      const answer = transport.unary(method, ...rest);
      answer.then(
        () => note(method, {}),
        (error: unknown) => note(method, error),
      );
      return answer;
    },
    stream: async (method, ...rest) => {
      const answer = await transport.stream(method, ...rest);
      const messages = answer.message;
      const message = (async function* () {
        try {
          yield* messages;
          note(method, {});
        } catch (error) {
          note(method, error);
          throw error;
        }
      })();
      return { ...answer, message };
    },
  };
}

beforeAll(async () => {
  world = await openResourceWorld();
  const { port } = await world.transport.listen("127.0.0.1", 0);
  wire = createGrpcJsTransport(`127.0.0.1:${port}`);
});
afterAll(async () => {
  wire.close();
  await world.close();
});

describe.each(["in process", "over the wire with grpc-js"])("the contract, %s", (how) => {
  test.each(
    cases.map((row, index) => [`${row.rpc}: ${row.code} ${row.text?.source ?? ""} #${index}`, row, index] as const),
  )("%s", async (_name, row, index) => {
    const client = how === "in process" ? world.client : createStigmerClient(noting(wire));
    const answer = await answerOf(row.call(client, `${how === "in process" ? "p" : "w"}${index}`));
    expect(answer).toMatchObject({ code: row.code });
    if (row.text !== undefined) expect(answer.message).toMatch(row.text);
  });
});

/** Codes that rows of every-rpc.test.ts ask of every unary rpc. */
const ASKED_OF_EVERY_RPC = ["INVALID_ARGUMENT"];

describe("the codes that docs/reference/api.md has", () => {
  const codesOf = documentedCodes();
  const methods: readonly DescMethod[] = Object.values(services)
    .flatMap((kind) => Object.values(kind))
    .flatMap((service) => service.methods);

  test("have each a row that is answered with it", () => {
    const missing = methods.flatMap((method) =>
      codesOf(method)
        .filter((code) => !(method.methodKind === "unary" && ASKED_OF_EVERY_RPC.includes(code)))
        .map((code) => `${pathOf(method)} ${code}`)
        .filter((row) => !answered.has(row)),
    );
    expect(missing).toEqual([]);
  });

  test("are all that is answered", () => {
    const documented = new Set(
      methods.flatMap((method) => ["OK", ...codesOf(method)].map((code) => `${pathOf(method)} ${code}`)),
    );
    expect([...answered].filter((row) => !documented.has(row))).toEqual([]);
  });
});

/** The code and text a caller sees, whichever client it has. Errors of assertions inside a row come through. */
async function answerOf(call: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await call;
    return { code: "OK", message: "" };
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, message: error.message };
    const { code, details } = error as { code?: unknown; details?: unknown };
    if (typeof code !== "number" || typeof details !== "string") throw error;
    return { code: GrpcStatus[code] ?? String(code), message: details };
  }
}
