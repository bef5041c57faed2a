import {
  type DescMessage,
  type JsonObject as ProtoJson,
  type MessageShape,
  create,
  fromJson,
} from "@bufbuild/protobuf";
import { AgentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { AgentInstanceSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowInstanceSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { loadWorkflows } from "@stigmer/core/check/load.ts";
import type { Diagnostic } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import { parseStream } from "@stigmer/core/dsl/parse/parse-text.ts";
import { type JsonObject, isJsonObject } from "@stigmer/core/lib/json.ts";
import { type Connection, codeOf } from "./connection.ts";
import { type SourceFile, isResource } from "./definitions.ts";
import { CliError, exit } from "./exit.ts";
import { type Resource, kindNamed } from "./kinds.ts";

/** Something a file describes: a workflow definition, or another resource as its published JSON form. */
export type Described =
  | { readonly kind: "workflow"; readonly name: string; readonly definition: string; readonly file: string }
  | { readonly kind: string; readonly name: string; readonly body: JsonObject; readonly file: string };

/** What applying did. */
export interface Applied {
  readonly kind: string;
  readonly name: string;
  readonly id: string;
  readonly revision: string;
  readonly outcome: "created" | "configured" | "unchanged";
  /** The resource before; absent where there was none. */
  readonly before?: Resource;
  readonly after: Resource;
}

const SCHEMAS: { readonly [kind: string]: { readonly name: string; readonly schema: DescMessage } } = {
  Workflow: { name: "workflow", schema: WorkflowSchema },
  WorkflowInstance: { name: "instance", schema: WorkflowInstanceSchema },
  Environment: { name: "environment", schema: EnvironmentSchema },
  Agent: { name: "agent", schema: AgentSchema },
  AgentInstance: { name: "agentinstance", schema: AgentInstanceSchema },
};

/** Reads files into what they describe, environments first and instances last, so that references find what they name. */
export function readResources(sources: readonly SourceFile[]): {
  readonly resources: readonly Described[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const resources: Described[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { file, text } of sources) {
    const documents = parseStream(text, { file });
    if (documents.length > 0 && documents.every(({ value }) => isResource(value))) {
      for (const { value } of documents) resources.push(described(value as JsonObject, file));
      continue;
    }
    const loaded = loadWorkflows(text, { file });
    for (const { document, diagnostics: found } of loaded) {
      diagnostics.push(...found);
      if (document === undefined) continue;
      // One document keeps its text, comments included; documents of a stream are sent as JSON, each on its own.
      const definition = loaded.length === 1 ? text : JSON.stringify(document, null, 2);
      resources.push({ kind: "workflow", name: document.document.name, definition, file });
    }
  }
  const order = ["environment", "agent", "workflow", "agentinstance", "instance"];
  return {
    resources: resources.toSorted((left, right) => order.indexOf(left.kind) - order.indexOf(right.kind)),
    diagnostics,
  };
}

function described(body: JsonObject, file: string): Described {
  const kind = SCHEMAS[String(body["kind"])];
  if (kind === undefined) {
    throw new CliError(
      exit.invalid,
      `Cannot apply "${String(body["kind"])}" of ${file}: kinds are ${Object.keys(SCHEMAS).join(", ")}`,
    );
  }
  const metadata = body["metadata"];
  const name = isJsonObject(metadata) ? (metadata["slug"] ?? metadata["name"]) : undefined;
  if (typeof name !== "string")
    throw new CliError(exit.invalid, `Cannot apply a ${kind.name} of ${file}: metadata.name is missing`);
  return { kind: kind.name, name, body, file };
}

/** Creates or updates one resource, and tells which it was by comparing versions before and after. */
export async function applyResource(connection: Connection, described: Described, dryRun: boolean): Promise<Applied> {
  const message = messageOf(described, connection.org);
  const kind = kindNamed(described.kind);
  const before = await kind.get(connection, message.metadata?.slug || described.name).catch((error: unknown) => {
    if (codeOf(error) === 5 || codeOf(error) === 3) return undefined;
    throw error;
  });
  const headers = dryRun ? { headers: { "stigmer-dry-run": "true" } } : {};
  const { client } = connection;
  const after = (await {
    workflow: () => client.workflow.command.apply(message as never, headers),
    instance: () => client.workflowInstance.command.apply(message as never, headers),
    environment: () => client.environment.command.apply(message as never, headers),
    agent: () => client.agent.command.apply(message as never, headers),
    agentinstance: () => client.agentInstance.command.apply(message as never, headers),
  }[described.kind as "workflow"]()) as Resource;
  const same = before !== undefined && before.metadata?.resourceVersion === after.metadata?.resourceVersion;
  const revision = (after as Partial<Workflow>).status?.revision;
  return {
    kind: described.kind,
    name: after.metadata?.slug ?? described.name,
    id: after.metadata?.id ?? "",
    revision: described.kind === "workflow" && revision !== undefined ? `revision ${revision}` : "",
    outcome: before === undefined ? "created" : same ? "unchanged" : "configured",
    ...(before === undefined ? {} : { before }),
    after,
  };
}

function messageOf(described: Described, org: string): Resource {
  if ("definition" in described) {
    return create(WorkflowSchema, {
      apiVersion: "agentic.stigmer.ai/v1",
      kind: "Workflow",
      metadata: { name: described.name, org, ownerScope: ApiResourceOwnerScope.organization },
      spec: { definition: described.definition },
    }) as Resource;
  }
  const schema = Object.values(SCHEMAS).find(({ name }) => name === described.kind)?.schema as DescMessage;
  try {
    const message = fromJson(schema, described.body as ProtoJson) as MessageShape<typeof WorkflowSchema>;
    if (message.metadata !== undefined) {
      message.metadata.org ||= org;
      message.metadata.ownerScope ||= ApiResourceOwnerScope.organization;
    }
    return message as Resource;
  } catch (error) {
    throw new CliError(
      exit.invalid,
      `Cannot apply ${described.kind} "${described.name}" of ${described.file}: ${(error as Error).message}`,
    );
  }
}
