import { parse as parseYaml } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";

/*
 * A case: a workflow, what it is given, and what must come of it. Cases stand in YAML tables, one folder a feature; the README tells the format.
 */

/** What a mocked call answers; `after` is an ISO 8601 duration. */
export interface MockSpec {
  readonly output?: Json;
  readonly error?: JsonObject;
  readonly after?: string;
  readonly never?: boolean;
  readonly messages?: readonly JsonObject[];
  readonly every?: string;
  readonly open?: boolean;
}

/** What must come of a case. Whatever is given must hold; objects under `calls`, `fault`, `published`, `trace` and `lifecycle` hold when they are part of what was seen. */
export interface Expectation {
  /** Default: `completed` when `output` is given, `faulted` when `fault` is. */
  readonly status?: string;
  readonly output?: Json;
  readonly fault?: JsonObject;
  readonly context?: Json;
  /** Names of tasks in the order in which they began. */
  readonly path?: readonly string[];
  readonly calls?: readonly JsonObject[];
  readonly published?: readonly JsonObject[];
  readonly elapsed?: string;
  /** In words, what the run waits for in the end: parts of the reasons. */
  readonly waiting?: readonly string[];
  /** Moments of tasks, as `task moment`. */
  readonly moments?: readonly string[];
  /** Types of lifecycle events, without `io.serverlessworkflow.` and `.v1`, or objects that are part of one. */
  readonly lifecycle?: readonly (string | JsonObject)[];
  /** Reasons of refused controls: parts of them. */
  readonly refused?: readonly string[];
  /** The document is refused at apply: a part of a diagnostic, or its code. */
  readonly invalid?: string;
  /** The document is accepted, with a warning that holds this. */
  readonly warning?: string;
}

/** A case as a table holds it. */
export interface ConformanceCase {
  readonly name: string;
  /** Folder and file it stands in. */
  readonly feature: string;
  /** The source as it stands, for what no parsed document can say; the document is parsed from it otherwise. */
  readonly source?: string;
  readonly document: JsonObject;
  readonly input?: Json;
  readonly env?: JsonObject;
  readonly secrets?: JsonObject;
  readonly mocks?: { readonly [task: string]: MockSpec | readonly MockSpec[] };
  /** Other workflows that can be run. */
  readonly workflows?: readonly JsonObject[];
  readonly events?: readonly { readonly after: string; readonly event: JsonObject }[];
  readonly controls?: readonly (JsonObject & { readonly after: string; readonly type: string })[];
  /** When the run starts, RFC 3339. */
  readonly startAt?: string;
  readonly want: Expectation;
}

/** Keys of a case that stand in the document, so that small workflows need no header. */
const DOCUMENT_KEYS = ["do", "use", "input", "output", "timeout", "schedule", "evaluate"] as const;

/** Reads a table. A case's `do`, `use`, ... make up its document; `with.input` and `with.output` are the workflow's own, since `input` is what the run gets. */
export function parseTable(text: string, feature: string): readonly ConformanceCase[] {
  const table = parseYaml(text) as { readonly use?: JsonObject; readonly cases: readonly JsonObject[] };
  return table.cases.map((entry, index) => {
    const {
      name,
      want,
      source,
      workflow,
      do: tasks,
      use,
      events,
      ...rest
    } = entry as JsonObject & { readonly name?: string; readonly want?: Expectation };
    if (name === undefined || want === undefined)
      throw new Error(`Cannot read case ${index + 1} of ${feature}: it should have a name and a want`);
    return {
      name,
      feature,
      ...(typeof source === "string" ? { source } : {}),
      document: documentOf({ workflow, do: tasks, use: use ?? table.use }),
      ...(events === undefined ? {} : { events: (events as readonly JsonObject[]).map(completeEvent) }),
      ...rest,
      want,
    } as ConformanceCase;
  });
}

function documentOf(entry: { readonly [key: string]: Json | undefined }): JsonObject {
  const given = (entry["workflow"] ?? {}) as JsonObject;
  const header = {
    dsl: "1.0.3",
    namespace: "test",
    name: "case",
    version: "1.0.0",
    ...(given["document"] as JsonObject | undefined),
  };
  const document: Record<string, Json> = { document: header };
  for (const key of DOCUMENT_KEYS) {
    const value = given[key] ?? (key === "do" || key === "use" ? entry[key] : undefined);
    if (value !== undefined) document[key] = value;
  }
  for (const [key, value] of Object.entries(given)) if (key !== "document") document[key] = value;
  return document;
}

/** Fills in what every CloudEvent has. */
function completeEvent(entry: JsonObject, index: number): { readonly after: string; readonly event: JsonObject } {
  const { after, ...event } = entry;
  return {
    after: typeof after === "string" ? after : "PT1S",
    event: { specversion: "1.0", id: `event-${index + 1}`, source: "https://events.example", ...event },
  };
}
