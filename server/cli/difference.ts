import { DefinitionChangeKind } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import { type Json, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { stringify } from "yaml";
import { changesOf } from "../resources/workflow/definition-diff/changes.ts";
import { unifiedDiff } from "../resources/workflow/definition-diff/unified-diff.ts";
import type { Connection } from "./connection.ts";
import { type Resource, kindNamed } from "./kinds.ts";
import { jsonOfValue } from "./proto-value.ts";
import { type Described, applyResource } from "./resources.ts";

/** One place where what a file describes differs from what the server has. */
interface Change {
  readonly kind: "added" | "removed" | "changed" | "moved";
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** What applying a file's resource would change. */
export interface Difference {
  readonly kind: string;
  readonly name: string;
  readonly outcome: "created" | "configured" | "unchanged";
  readonly changes: readonly Change[];
  /** A unified diff for people; empty where nothing differs. */
  readonly text: string;
}

const CHANGE_KINDS = {
  [DefinitionChangeKind.UNSPECIFIED]: "changed",
  [DefinitionChangeKind.ADDED]: "added",
  [DefinitionChangeKind.REMOVED]: "removed",
  [DefinitionChangeKind.CHANGED]: "changed",
  [DefinitionChangeKind.MOVED]: "moved",
} as const;

/** Asks the server what applying would change. The server checks everything as `apply` would, and stores nothing. */
export async function difference(connection: Connection, described: Described): Promise<Difference> {
  const { kind, name, before, after } = await applyResource(connection, described, true);
  if (before !== undefined && "definition" in described) {
    const { equal, changes, text } = await connection.client.workflow.service.diff({
      workflowId: before.metadata?.id ?? "",
      to: { case: "toDefinition", value: described.definition },
    });
    return {
      kind,
      name,
      outcome: equal ? "unchanged" : "configured",
      changes: changes.map((change) => ({
        kind: CHANGE_KINDS[change.kind],
        pointer: change.pointer,
        ...(change.before === undefined ? {} : { before: jsonOfValue(change.before) }),
        ...(change.after === undefined ? {} : { after: jsonOfValue(change.after) }),
      })),
      text: equal ? "" : text,
    };
  }
  const [old, wanted] = [before === undefined ? undefined : specOf(kind, before), specOf(kind, after)];
  const changes = changesOf(old ?? null, wanted);
  return {
    kind,
    name,
    outcome: before === undefined ? "created" : changes.length === 0 ? "unchanged" : "configured",
    changes,
    text: unifiedDiff(
      old === undefined ? "" : yaml(old),
      yaml(wanted),
      old === undefined ? "nothing" : "the server's",
      "the file's",
    ),
  };
}

/** What the author of a resource says of it: a workflow's definition as its own text, else the specification. */
function specOf(kind: string, resource: Resource): Json {
  const json = kindNamed(kind).json(resource);
  const spec = isJsonObject(json) ? (getKey(json, "spec") ?? null) : null;
  return spec;
}

function yaml(spec: Json): string {
  const definition = isJsonObject(spec) ? getKey(spec, "definition") : undefined;
  return typeof definition === "string" && definition !== "" ? definition : stringify(spec, { lineWidth: 0 });
}
