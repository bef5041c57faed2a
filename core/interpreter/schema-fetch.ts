import type { Json } from "../lib/json.ts";
import { evaluateEndpoint } from "../tasks/endpoint.ts";
import type { SchemaSource } from "../tasks/schema-source.ts";
import type { Answer, TaskNode } from "../tasks/task-type.ts";
import { evaluate, sites } from "./arguments.ts";
import { missingSchemas } from "./data-flow.ts";
import type { Turn } from "./turn.ts";

/* Schemas that stand elsewhere are fetched once a run, before the data they are for is looked at: those of the workflow when it begins, those of a task when its turn comes. */

/** Role of activities that fetch the schemas of a task, or of the workflow. */
const SCHEMA = "@schema";

/** Tells whether a command or its answer is about a schema. */
export function isSchemaRole(role: string): boolean {
  return role.startsWith(SCHEMA);
}

/** Asks for the schemas of the workflow that are not there yet; true when there are some to wait for. */
export function fetchWorkflowSchemas(turn: Turn): boolean {
  const { inputSchema, outputSchema } = turn.program;
  return fetchAll(turn, -1, [inputSchema, outputSchema], turn.state.run.input);
}

/** Asks for the schemas of a task (and of its iterator) that are not there yet; true when there are some to wait for. */
export function fetchTaskSchemas(turn: Turn, slot: number, node: TaskNode, raw: Json): boolean {
  let schemas = elsewhere.get(node);
  if (schemas === undefined) {
    const { inputSchema, outputSchema, exportSchema } = node;
    schemas = [inputSchema, outputSchema, exportSchema, ...iteratorSchemas(node)].filter(
      (schema) => schema !== undefined && "resource" in schema,
    );
    elsewhere.set(node, schemas);
  }
  return schemas.length > 0 && fetchAll(turn, slot, schemas, raw);
}

/** The schemas of tasks that stand elsewhere: hardly any has one, and all are asked at every visit. */
const elsewhere = new WeakMap<TaskNode, readonly (SchemaSource | undefined)[]>();

/** Keeps a schema that was fetched. */
export function keepSchema(turn: Turn, answer: Answer & { readonly type: "completed" }): void {
  turn.state.resources[answer.role.slice(SCHEMA.length)] = answer.output;
}

function fetchAll(turn: Turn, slot: number, schemas: readonly (SchemaSource | undefined)[], raw: Json): boolean {
  const missing = missingSchemas(turn, schemas);
  for (const schema of missing) fetchOne(turn, slot, schema, raw);
  return missing.length > 0;
}

function fetchOne(turn: Turn, slot: number, schema: SchemaSource & { readonly pointer: string }, raw: Json): void {
  if (!("resource" in schema)) return;
  const place = slot < 0 ? { site: sites.workflowInput } : { site: sites.taskInput, frame: turn.taskFrame(slot) };
  const endpoint = evaluateEndpoint(schema.resource, {
    input: raw,
    value: (evaluator, data = raw) => evaluate(turn, evaluator, data, place),
    requireSecret: () => undefined,
  });
  const { name } = schema;
  turn.issue(slot, {
    role: `${SCHEMA}${schema.pointer}`,
    type: "startActivity",
    kind: "resource",
    arguments: { endpoint, ...(name === undefined ? {} : { name }) },
  });
}

/** Schemas of an iterator are fetched with those of its task. */
function iteratorSchemas({ definition, body }: TaskNode): readonly (SchemaSource | undefined)[] {
  if (!("foreach" in definition) && !("with" in definition)) return [];
  const source = body as {
    readonly iterator?: IteratorSchemas;
    readonly messages?: { readonly iterator?: IteratorSchemas };
  };
  const transformations = (source.iterator ?? source.messages?.iterator)?.transformations;
  return [transformations?.outputSchema, transformations?.exportSchema];
}

interface IteratorSchemas {
  readonly transformations: { readonly outputSchema?: SchemaSource; readonly exportSchema?: SchemaSource };
}
