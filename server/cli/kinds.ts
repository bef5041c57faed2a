import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Json } from "@stigmer/core/lib/json.ts";
import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";
import { AgentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { AgentInstanceSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import {
  type WorkflowExecution,
  WorkflowExecutionSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { WorkflowInstanceSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import type { ApiResourceMetadata } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/metadata_pb.ts";
import type { ApiResourceAudit } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { RunPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import { type Connection, codeOf, explain } from "./connection.ts";
import { CliError, exit } from "./exit.ts";
import { age } from "./output/age.ts";
import type { Listing } from "./output/print.ts";

/** Any resource the command line shows. */
export interface Resource {
  readonly metadata?: ApiResourceMetadata;
  readonly status?: { readonly audit?: ApiResourceAudit };
}

/** What the command line knows of a kind: its names, how to read, list and delete it, and how it is shown. */
export interface Kind {
  readonly name: string;
  readonly shortNames: readonly string[];
  readonly resourceKind: ApiResourceKind;
  readonly columns: readonly string[];
  readonly wide: readonly string[];
  list(
    connection: Connection,
    query: ListQuery,
  ): Promise<{ readonly items: readonly Resource[]; readonly next: string }>;
  get(connection: Connection, reference: string): Promise<Resource>;
  remove(connection: Connection, id: string, how: Removal): Promise<Resource>;
  row(resource: Resource, nowMs: number): { readonly cells: readonly string[]; readonly wide: readonly string[] };
  json(resource: Resource): Json;
}

/** How a resource is removed: with what keeps it from going, or only as far as a check goes. */
export interface Removal {
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** What a list may be narrowed by. */
export interface ListQuery {
  readonly limit: number;
  readonly labels: { readonly [key: string]: string };
  readonly token?: string;
  readonly workflowId?: string;
  readonly phases?: readonly RunPhase[];
}

const PREFIX = /^(wfl|win|wex|env|agt|ain|exec)-[0-9a-hjkmnp-tv-z]{26}$/u;

/** A reference that is an id is read by id, anything else is a slug of the organization. */
const byIdOrSlug = async <R>(
  reference: string,
  connection: Connection,
  kind: ApiResourceKind,
  byId: (id: string) => Promise<R>,
  byReference: (reference: { org: string; kind: ApiResourceKind; slug: string }) => Promise<R>,
): Promise<R> =>
  PREFIX.test(reference) ? byId(reference) : byReference({ org: connection.org, kind, slug: reference });

const callOf = ({ force, dryRun }: Removal): { readonly headers: { readonly [name: string]: string } } => ({
  headers: { ...(force ? { "stigmer-force": "true" } : {}), ...(dryRun ? { "stigmer-dry-run": "true" } : {}) },
});

const created = (resource: Resource): number => millis(resource.status?.audit?.specAudit?.createdAt);
const millis = (time: Timestamp | undefined): number => (time === undefined ? 0 : timestampMs(time));
const slug = (resource: Resource): string => resource.metadata?.slug ?? "";
const id = (resource: Resource): string => resource.metadata?.id ?? "";
const since = (resource: Resource, nowMs: number): string =>
  created(resource) === 0 ? "" : age(created(resource), nowMs);
/** Names of the workflows that listed executions and instances belong to: an id tells a person nothing. */
const workflowNames = new WeakMap<object, string>();

/** What belongs to a workflow. */
interface OfWorkflow {
  readonly spec?: { readonly workflowId: string } | undefined;
}

/** Looks up what the workflows of resources are called, each once. One that is gone, or may not be seen, keeps its id. */
async function withWorkflowNames(
  { client }: Connection,
  resources: readonly OfWorkflow[],
): Promise<readonly Resource[]> {
  const ids = [...new Set(resources.map(({ spec }) => spec?.workflowId ?? ""))].filter((one) => one !== "");
  const known = new Map(
    await Promise.all(
      ids.map(async (value) => {
        const found = await client.workflow.query.get({ value }).catch(() => undefined);
        return [value, found?.metadata?.slug ?? value] as const;
      }),
    ),
  );
  for (const resource of resources) workflowNames.set(resource, known.get(resource.spec?.workflowId ?? "") ?? "");
  return resources as readonly Resource[];
}

const asJson = (value: JsonValue): Json => value as Json;

const workflow: Kind = {
  name: "workflow",
  shortNames: ["wf", "workflows"],
  resourceKind: ApiResourceKind.workflow,
  columns: ["name", "revision", "active", "age"],
  wide: ["id", "digest", "default instance"],
  async list({ client, org }, { limit, labels, token }) {
    const { workflows, nextPageToken } = await client.workflow.service.list({
      org,
      pageSize: limit,
      labels,
      pageToken: token ?? "",
    });
    return { items: workflows as readonly Resource[], next: nextPageToken };
  },
  get: (connection, reference) =>
    byIdOrSlug(
      reference,
      connection,
      ApiResourceKind.workflow,
      (value) => connection.client.workflow.query.get({ value }),
      (to) => connection.client.workflow.query.getByReference(to),
    ) as Promise<Resource>,
  remove: ({ client }, value, how) => client.workflow.command.delete({ value }, callOf(how)) as Promise<Resource>,
  row(resource, nowMs) {
    const { status } = resource as Workflow;
    return {
      cells: [slug(resource), String(status?.revision ?? 0), String(status?.activeRuns ?? 0), since(resource, nowMs)],
      wide: [id(resource), (status?.definitionDigest ?? "").slice(0, 19), status?.defaultInstanceId ?? ""],
    };
  },
  json: (resource) => asJson(toJson(WorkflowSchema, resource as Workflow)),
};

const instance: Kind = {
  name: "instance",
  shortNames: ["wfi", "instances", "workflowinstance", "workflowinstances"],
  resourceKind: ApiResourceKind.workflow_instance,
  columns: ["name", "workflow", "age"],
  wide: ["id"],
  async list(connection, { limit, labels, token, workflowId }) {
    const page = await connection.client.workflowInstance.service.list({
      org: connection.org,
      pageSize: limit,
      labels,
      pageToken: token ?? "",
      workflowId: workflowId ?? "",
    });
    return { items: await withWorkflowNames(connection, page.workflowInstances), next: page.nextPageToken };
  },
  async get(connection, reference) {
    const found = await byIdOrSlug(
      reference,
      connection,
      ApiResourceKind.workflow_instance,
      (value) => connection.client.workflowInstance.query.get({ value }),
      (to) => connection.client.workflowInstance.query.getByReference(to),
    );
    await withWorkflowNames(connection, [found]);
    return found as Resource;
  },
  remove: ({ client }, value, how) =>
    client.workflowInstance.command.delete({ value }, callOf(how)) as Promise<Resource>,
  row: (resource, nowMs) => ({
    cells: [
      slug(resource),
      workflowNames.get(resource) ?? (resource as OfWorkflow).spec?.workflowId ?? "",
      since(resource, nowMs),
    ],
    wide: [id(resource)],
  }),
  json: (resource) => asJson(toJson(WorkflowInstanceSchema, resource as never)),
};

const execution: Kind = {
  name: "execution",
  shortNames: ["wex", "exec", "executions", "run", "runs", "workflowexecution", "workflowexecutions"],
  resourceKind: ApiResourceKind.workflow_execution,
  columns: ["id", "workflow", "phase", "age"],
  wide: ["name", "waiting for", "error"],
  async list(connection, { limit, labels, token, workflowId, phases }) {
    const page = await connection.client.workflowExecution.service.list({
      org: connection.org,
      pageSize: limit,
      labels,
      pageToken: token ?? "",
      workflowId: workflowId ?? "",
      phases: [...(phases ?? [])],
    });
    return { items: await withWorkflowNames(connection, page.executions), next: page.nextPageToken };
  },
  async get(connection, value) {
    const execution = await connection.client.workflowExecution.query.get({ value });
    await withWorkflowNames(connection, [execution]);
    return execution as Resource;
  },
  remove: ({ client }, value, how) =>
    client.workflowExecution.command.delete({ value }, callOf(how)) as Promise<Resource>,
  row(resource, nowMs) {
    const { spec, status } = resource as WorkflowExecution;
    return {
      cells: [
        id(resource),
        workflowNames.get(resource) ?? spec?.workflowId ?? "",
        phaseWord(status?.runPhase ?? 0),
        since(resource, nowMs),
      ],
      wide: [slug(resource), status?.waiting.map(({ reason }) => reason).join("; ") ?? "", status?.error ?? ""],
    };
  },
  json: (resource) => asJson(toJson(WorkflowExecutionSchema, resource as WorkflowExecution)),
};

const environment: Kind = {
  name: "environment",
  shortNames: ["env", "environments"],
  resourceKind: ApiResourceKind.environment,
  columns: ["name", "values", "age"],
  wide: ["id"],
  async list({ client, org }, { limit, labels, token }) {
    const page = await client.environment.service.list({ org, pageSize: limit, labels, pageToken: token ?? "" });
    return { items: page.environments as readonly Resource[], next: page.nextPageToken };
  },
  get: (connection, reference) =>
    byIdOrSlug(
      reference,
      connection,
      ApiResourceKind.environment,
      (value) => connection.client.environment.query.get({ value }),
      (to) => connection.client.environment.query.getByReference(to),
    ) as Promise<Resource>,
  remove: ({ client }, resourceId, how) =>
    client.environment.command.delete({ resourceId, force: how.force }, callOf(how)) as Promise<Resource>,
  row: (resource, nowMs) => ({
    cells: [
      slug(resource),
      String(Object.keys((resource as { spec?: { data: object } }).spec?.data ?? {}).length),
      since(resource, nowMs),
    ],
    wide: [id(resource)],
  }),
  json: (resource) => asJson(toJson(EnvironmentSchema, resource as never)),
};

const agent: Kind = {
  name: "agent",
  shortNames: ["agt", "agents"],
  resourceKind: ApiResourceKind.agent,
  columns: ["name", "age"],
  wide: ["id"],
  async list({ client, org }, { limit, labels, token }) {
    const page = await client.agent.service.list({ org, pageSize: limit, labels, pageToken: token ?? "" });
    return { items: page.agents as readonly Resource[], next: page.nextPageToken };
  },
  get: (connection, reference) =>
    byIdOrSlug(
      reference,
      connection,
      ApiResourceKind.agent,
      (value) => connection.client.agent.query.get({ value }),
      (to) => connection.client.agent.query.getByReference(to),
    ) as Promise<Resource>,
  remove: ({ client }, value, how) => client.agent.command.delete({ value }, callOf(how)) as Promise<Resource>,
  row: (resource, nowMs) => ({ cells: [slug(resource), since(resource, nowMs)], wide: [id(resource)] }),
  json: (resource) => asJson(toJson(AgentSchema, resource as never)),
};

const agentInstance: Kind = {
  name: "agentinstance",
  shortNames: ["ain", "agentinstances"],
  resourceKind: ApiResourceKind.agent_instance,
  columns: ["name", "agent", "age"],
  wide: ["id"],
  async list({ client, org }, { limit, labels, token }) {
    const page = await client.agentInstance.service.list({ org, pageSize: limit, labels, pageToken: token ?? "" });
    return { items: page.agentInstances as readonly Resource[], next: page.nextPageToken };
  },
  get: (connection, reference) =>
    byIdOrSlug(
      reference,
      connection,
      ApiResourceKind.agent_instance,
      (value) => connection.client.agentInstance.query.get({ value }),
      (to) => connection.client.agentInstance.query.getByReference(to),
    ) as Promise<Resource>,
  remove: ({ client }, value, how) => client.agentInstance.command.delete({ value }, callOf(how)) as Promise<Resource>,
  row: (resource, nowMs) => ({
    cells: [slug(resource), (resource as { spec?: { agentId: string } }).spec?.agentId ?? "", since(resource, nowMs)],
    wide: [id(resource)],
  }),
  json: (resource) => asJson(toJson(AgentInstanceSchema, resource as never)),
};

/** Every kind the command line knows, in the order help lists them. */
export const kinds: readonly Kind[] = [workflow, instance, execution, environment, agent, agentInstance];

/** Finds a kind by any of its names; an unknown one suggests the nearest. */
export function kindNamed(name: string): Kind {
  const wanted = name.toLowerCase();
  const found = kinds.find((kind) => kind.name === wanted || kind.shortNames.includes(wanted));
  if (found !== undefined) return found;
  const near = didYouMean(
    wanted,
    kinds.flatMap((kind) => [kind.name, ...kind.shortNames]),
  );
  throw new CliError(
    exit.usage,
    `Cannot find the kind "${name}": kinds are ${kinds.map((kind) => kind.name).join(", ")}`,
    near === undefined ? undefined : `did you mean "${near}"?`,
  );
}

/** A resource by its name or id. A name that is not there suggests the nearest of those that are. */
export async function resourceNamed(kind: Kind, connection: Connection, reference: string): Promise<Resource> {
  try {
    return await kind.get(connection, reference);
  } catch (error) {
    if (codeOf(error) !== 5 || PREFIX.test(reference)) throw error;
    const { items } = await kind.list(connection, { limit: 500, labels: {} });
    const near = didYouMean(
      reference,
      items.map((item) => (kind === execution ? id(item) : slug(item))),
    );
    if (near === undefined) throw error;
    throw new CliError(exit.notFound, explain(error, connection.address).message, `did you mean "${near}"?`);
  }
}

/** A run's phase as people read it. */
export function phaseWord(phase: RunPhase): string {
  return (RunPhase[phase] ?? "UNSPECIFIED").replace("RUN_PHASE_", "").toLowerCase();
}

/** A listing of resources of a kind. */
export function listing(kind: Kind, items: readonly Resource[], nowMs: number, single = false): Listing {
  return {
    columns: kind.columns,
    wide: kind.wide,
    single,
    empty: `No ${kind.name}s found`,
    items: items.map((resource) => {
      const { cells, wide } = kind.row(resource, nowMs);
      return {
        name: `${kind.name}/${kind === execution ? id(resource) : slug(resource)}`,
        row: cells,
        wide,
        json: kind.json(resource),
      };
    }),
  };
}
