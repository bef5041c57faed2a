import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { type StigmerClient } from "@stigmer/api/client.ts";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { type ApiResourceMetadata } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/metadata_pb.ts";
import { agent, execution, helloDefinition, listeningDefinition, workflow } from "../definitions.ts";
import { type ResourceWorld } from "../resource-world.ts";

/** The id part of nothing that there is. */
export const ABSENT = "01arz3ndektsv4rrffq69g5fav";
/** Deletes what others refer to. */
export const force: CallOptions = { headers: { "stigmer-force": "true" } };

/** One answer of one rpc. */
export interface ContractRow {
  readonly rpc: string;
  readonly code: string;
  readonly text?: RegExp;
  /** Makes what it needs under names that begin with `name`, and calls. */
  readonly call: (client: StigmerClient, name: string, world: ResourceWorld) => Promise<unknown>;
}

/** A definition whose input must have a number. */
export const typedDefinition = `document: {dsl: 1.0.0, namespace: test, name: typed, version: 1.0.0}
input: {schema: {document: {type: object, required: [total], properties: {total: {type: number}}}}}
do:
  - greet: {set: {seen: "\${ .total }"}}
`;

/** A run with an input. */
export function given(run: WorkflowExecution, input: JsonValue): WorkflowExecution {
  if (run.spec !== undefined) run.spec.input = fromJson(ValueSchema, input);
  return run;
}

/** The id of a new workflow. */
export async function flow(client: StigmerClient, name: string, definition = helloDefinition()): Promise<string> {
  return (await client.workflow.command.create(workflow(name, definition))).metadata?.id ?? "";
}

/** The id of a run that waits for an event. */
export async function open(client: StigmerClient, name: string): Promise<string> {
  return (
    (await client.workflowExecution.command.create(execution(await flow(client, name, listeningDefinition()), name)))
      .metadata?.id ?? ""
  );
}

/** The id of a run that has ended. */
export async function ended(client: StigmerClient, name: string): Promise<string> {
  const id =
    (await client.workflowExecution.command.create(execution(await flow(client, name), name))).metadata?.id ?? "";
  await drain(client.workflowExecution.query.subscribe({ executionId: id }));
  return id;
}

/** Everything of a stream. */
export async function drain<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

/** A resource that does not say whose it is. */
export function unscoped<R extends { metadata?: { ownerScope: number } | undefined }>(resource: R): R {
  if (resource.metadata !== undefined) resource.metadata.ownerScope = 0;
  return resource;
}

interface Verbs<R> {
  create(resource: R): Promise<R>;
  apply(resource: R): Promise<R>;
  update(resource: R): Promise<R>;
}

/** What all kinds with all verbs answer alike; `build` makes what the resource refers to, and not the resource. */
export function rowsOf<R extends { metadata?: ApiResourceMetadata | undefined }>(
  rpc: string,
  build: (client: StigmerClient, name: string) => Promise<R>,
  verbs: (client: StigmerClient) => Verbs<R>,
  getByReference: (client: StigmerClient, slug: string) => Promise<R>,
): readonly ContractRow[] {
  const changed = (resource: R, metadata: Partial<ApiResourceMetadata>): R => {
    Object.assign(resource.metadata ?? {}, metadata);
    return resource;
  };
  const otherVersion = (verb: "apply" | "update"): ContractRow => ({
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

/** The id of a new agent. */
export async function helper(client: StigmerClient, name: string): Promise<string> {
  return (await client.agent.command.create(agent(name))).metadata?.id ?? "";
}

/** A run whose journal failed a check. */
export async function quarantined(client: StigmerClient, name: string, world: ResourceWorld): Promise<string> {
  const id = await ended(client, name);
  const row = await world.store.runs.get(id);
  await world.store.commit([{ op: "updateRun", run: row?.run ?? 0, changes: { status: "quarantined" } }]);
  return id;
}

/** A run with an idempotency key that a run of another workflow has. */
export async function keyTwice(client: StigmerClient, name: string): Promise<WorkflowExecution> {
  const withKey = async (flowName: string): Promise<WorkflowExecution> => {
    const run = execution(await flow(client, flowName));
    if (run.spec !== undefined) run.spec.idempotencyKey = name;
    return run;
  };
  await client.workflowExecution.command.create(await withKey(name));
  return withKey(`${name}-2`);
}

/** A run that there is not. */
export const NOBODY = { executionId: "wex-x" };
/** A task of the workflow that all have. */
export const GREET = { task: "/do/0/greet" };
