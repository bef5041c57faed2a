import { type Json, type JsonObject, getKey } from "../lib/json.ts";
import { position } from "../tasks/arguments.ts";
import type { Evaluator, Globals } from "../tasks/evaluator.ts";
import { taskFault } from "../tasks/task-fault.ts";
import type { TaskFrame } from "./run-state.ts";
import type { Turn } from "./turn.ts";

/*
 * Runtime arguments of expressions (specification, section Runtime expression arguments). Only what an expression reads is built. An argument that a site does not offer is null there.
 */

/** Places of expressions, and what each may read besides `$secrets`, `$workflow`, `$runtime` and `$env`. */
export const sites = {
  workflowInput: { context: false, input: false, output: false, task: false },
  /** `if` and `input.from`. */
  taskInput: { context: true, input: false, output: false, task: true },
  /** The task's own properties, and `output.as`. */
  definition: { context: true, input: true, output: false, task: true },
  export: { context: true, input: true, output: true, task: true },
  workflowOutput: { context: true, input: false, output: false, task: false },
} as const;

/** Where an expression is evaluated. */
export interface EvaluationPlace {
  readonly site: (typeof sites)[keyof typeof sites];
  readonly frame?: TaskFrame;
  /** `$output`, where the site offers it. */
  readonly output?: Json;
  /** Variables that only the task itself sees. */
  readonly variables?: JsonObject;
}

/** Value of an expression at a place. Throws ExpressionError, ExpressionLimitError, or the authorization fault of a secret that is not there. */
export function evaluate(turn: Turn, evaluator: Evaluator, data: Json, place: EvaluationPlace): Json {
  if (evaluator.constant !== undefined) return evaluator.constant;
  return evaluator.value(data, globalsFor(turn, evaluator, place), { nowMs: turn.now });
}

/** Truthiness of an expression at a place; throws like `evaluate`. */
export function test(turn: Turn, evaluator: Evaluator, data: Json, place: EvaluationPlace): boolean {
  return evaluator.test(data, globalsFor(turn, evaluator, place), { nowMs: turn.now });
}

const NOTHING: Globals = [];

function globalsFor(turn: Turn, evaluator: Evaluator, place: EvaluationPlace): Globals {
  const { needs, names, secrets } = evaluator;
  if (needs.length === 0) return NOTHING;
  for (const secret of secrets) requireSecret(turn, secret);
  const globals: (Json | undefined)[] = [];
  for (let index = 0; index < names.length; index += 1) globals.push(undefined);
  for (const need of needs) globals[need] = argument(turn, need, names, place);
  return globals;
}

/** Requires a secret of the run (specification, section Secrets: an authorization error, 403). */
export function requireSecret(turn: Turn, name: string): void {
  if (Object.hasOwn(turn.state.run.secrets, name)) return;
  throw taskFault(
    "authorization",
    "Secret not available",
    `Cannot use secret "${name}": this run has no such secret, its environment should bring it`,
  );
}

function argument(turn: Turn, need: number, names: readonly string[], place: EvaluationPlace): Json {
  const { site, frame } = place;
  const { run } = turn.state;
  switch (need) {
    case position.context:
      return site.context ? turn.state.context : null;
    case position.input:
      return site.input && frame !== undefined ? inputOf(frame) : null;
    case position.output:
      return site.output ? (place.output ?? null) : null;
    case position.secrets:
    case position.secret:
      return run.secrets;
    case position.authorization:
      return site.input ? (frame?.authorization ?? null) : null;
    case position.task:
      return site.task && frame !== undefined ? taskDescriptor(turn, frame) : null;
    case position.workflow:
      return workflowDescriptor(turn);
    case position.runtime:
      return run.runtime;
    case position.env:
      return run.env;
    default:
      return variable(turn, names[need] as string, place);
  }
}

/** Transformed input of a task. */
export function inputOf(frame: TaskFrame): Json {
  return frame.input === undefined ? frame.raw : frame.input;
}

/** A variable of the nearest enclosing task that has it. */
function variable(turn: Turn, name: string, { frame, variables }: EvaluationPlace): Json {
  const own = variables === undefined ? undefined : getKey(variables, name);
  if (own !== undefined) return own;
  for (let slot = frame?.parent ?? -1; slot >= 0;) {
    const above = turn.frame(slot);
    const value = above.kind === "list" && above.variables !== undefined ? getKey(above.variables, name) : undefined;
    if (value !== undefined) return value;
    slot = above.parent;
  }
  return null;
}

/** `$task`: the keys of its definition, and over them those of the descriptor. Tasks of an extension are told of the task it is woven around. */
function taskDescriptor(turn: Turn, frame: TaskFrame): JsonObject {
  const subject = frame.subject === undefined ? frame : turn.taskFrame(frame.subject);
  const { name, definition } = turn.node(subject);
  return {
    ...(definition as unknown as JsonObject),
    name,
    reference: turn.pointer(subject),
    definition: definition as unknown as Json,
    input: subject.raw,
    output: subject.output ?? null,
    startedAt: dateTime(subject.startedAt),
    iteration: subject.iterations.at(-1) ?? null,
    iterations: subject.iterations,
    attempt: subject.attempt,
  };
}

function workflowDescriptor(turn: Turn): JsonObject {
  const { run, startedAt } = turn.state;
  return {
    id: run.runId,
    definition: turn.program.document as unknown as Json,
    input: run.input,
    startedAt: dateTime(startedAt),
  };
}

function dateTime(atMs: number): JsonObject {
  return { iso8601: new Date(atMs).toISOString(), epoch: { seconds: Math.floor(atMs / 1000), milliseconds: atMs } };
}
