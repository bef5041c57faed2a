import type { TaskDefinition } from "../dsl/model.ts";
import type { TaskKind } from "../dsl/task-kind.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { ActivityKind, EventFilter, StartChild } from "../protocol/command.ts";
import type { Fault } from "../protocol/fault.ts";
import type { DirectiveTarget } from "./directive.ts";
import type { Evaluation, Evaluator } from "./evaluator.ts";
import type { SchemaSource } from "./schema-source.ts";
import type { DurationSource, Scope } from "./scope.ts";

/*
 * What a type of task is: how its definition compiles, and what it answers to what happens to it. A type never changes the state of a run: it answers with an outcome, and the interpreter acts
 * on it. What a task must remember between two calls is its `local` data, plain JSON that the outcome replaces; `finished` and `answered` may also
 * change it in place, nothing else may.
 */

/** Kinds of expression sites (specification, table of runtime expression arguments); tasks evaluate at `definition`. */
export interface CompiledTransformations {
  readonly condition?: Evaluator;
  readonly inputSchema?: SchemaSource;
  readonly inputFrom?: Evaluator;
  readonly outputAs?: Evaluator;
  readonly outputSchema?: SchemaSource;
  readonly exportAs?: Evaluator;
  readonly exportSchema?: SchemaSource;
}

/** A task of a document, compiled. */
export interface TaskNode extends CompiledTransformations {
  readonly name: string;
  /** RFC 6901 pointer into the document it was compiled from. */
  readonly pointer: string;
  readonly kind: TaskKind;
  readonly definition: TaskDefinition;
  /** The list it stands in and its index there; undefined for branches and functions. */
  readonly list?: string;
  readonly index: number;
  readonly then: DirectiveTarget;
  readonly timeout?: DurationSource;
  readonly type: TaskType<unknown>;
  readonly body: unknown;
  /** Extensions that apply to its kind, in order of declaration. */
  readonly extensions: readonly CompiledExtension[];
  readonly delivery: "at-least-once" | "at-most-once";
  /** Whether a run can reach it more than once. */
  readonly repeatable: boolean;
}

/** Tasks of a list, compiled; `owner` is the pointer of the task it belongs to, undefined for the document's own list. */
export interface CompiledList {
  readonly pointer: string;
  readonly tasks: readonly TaskNode[];
}

/** An extension, compiled: what runs before and after the tasks it extends. */
export interface CompiledExtension {
  readonly when?: Evaluator;
  readonly before?: CompiledList;
  readonly after?: CompiledList;
}

/** A wish of a task, to which the interpreter adds id, position and idempotency key. `role` comes back with the answer. */
export type Draft =
  | {
      readonly role: string;
      readonly type: "startActivity";
      readonly kind: ActivityKind;
      readonly arguments: JsonObject;
      readonly detached?: boolean;
    }
  | { readonly role: string; readonly type: "setTimer"; readonly dueAt: number }
  | { readonly role: string; readonly type: "subscribe"; readonly arguments: JsonObject }
  | ({ readonly role: string; readonly type: "startChild" } & Pick<
      StartChild,
      "namespace" | "name" | "version" | "input" | "await"
    >)
  | { readonly role: string; readonly type: "publish"; readonly event: JsonObject };

/** Tasks to run below a task: a list, or one task that stands in no list. */
export interface ChildRun {
  readonly role: string;
  /** Pointer of the list or task. */
  readonly list?: string;
  readonly task?: string;
  /** A function from outside the document: the key of the resource it was fetched as. */
  readonly unit?: string;
  readonly input: Json;
  readonly variables?: JsonObject;
  /** Appended to the iterations of the task. */
  readonly iteration?: number;
  /** Replaces the attempt that children inherit. */
  readonly attempt?: number;
}

/** What a task answers. */
export type Outcome = Completed | Failed | Continuing;

/** The task is done; `output` is its raw output, `then` overrides the task's own directive. Everything under way below it is cancelled. */
export interface Completed {
  readonly type: "complete";
  readonly output: Json;
  readonly then?: DirectiveTarget;
  readonly start?: readonly Draft[];
}

/** The task fails. */
export interface Failed {
  readonly type: "fault";
  readonly fault: Fault;
}

/** The task goes on: it waits for what it started, now or before. */
export interface Continuing {
  readonly type: "continue";
  /** Replaces the local data, where given. */
  readonly local?: Json;
  readonly start?: readonly Draft[];
  readonly run?: readonly ChildRun[];
  /** Roles of commands that are no longer wanted. */
  readonly stop?: readonly string[];
  /** Cancels all children before anything else. */
  readonly abandon?: boolean;
  /** When the next attempt begins: told in the trace as `retried`. */
  readonly retryAt?: number;
}

/** What came back for a command. */
export type Answer =
  | { readonly type: "completed"; readonly role: string; readonly output: Json }
  | { readonly type: "failed"; readonly role: string; readonly fault: Fault }
  | { readonly type: "fired"; readonly role: string }
  | { readonly type: "message"; readonly role: string; readonly message: JsonObject }
  | { readonly type: "ended"; readonly role: string };

/** A child that ended well. */
export interface ChildResult {
  readonly role: string;
  readonly output: Json;
}

/** What a task may know while it runs; everything it evaluates is evaluated at the site "task definition". */
export interface TaskRun extends Evaluation {
  /** Time of the event being handled, epoch ms. */
  readonly now: number;
  readonly runId: string;
  readonly local: Json;
  readonly pointer: string;
  readonly attempt: number;
  /** `/namespace/name/version` of the workflow, what its events come from. */
  readonly source: string;
  /** Id the next command will have. */
  readonly nextId: number;
  test(evaluator: Evaluator, data?: Json, variables?: JsonObject): boolean;
  /** The instant `duration` after `fromMs` (default: now). */
  dueAt(duration: DurationSource, fromMs?: number): number;
  /** Transforms, validates and exports as an iterator's `output` and `export` say; gives the item's output. `$context` is the new one from then on. */
  iterate(transformations: CompiledTransformations, output: Json, variables: JsonObject): Json;
  /** A number in [0, 1) that is the same at every replay and differs between runs, tasks and attempts. */
  random(salt: number): number;
  /** A resource that was fetched in this run. */
  resource(key: string): Json | undefined;
  /** Keeps a fetched resource and compiles it as a function; gives the pointer of its task. Throws a TaskFault where it is none. */
  installFunction(key: string, content: Json): string;
  /** Sets what `$authorization` is for this task from here on. */
  authorize(authorization: Json): void;
}

/** A type of task; one object in one file each. `Body` is what a definition compiles to. */
export interface TaskType<Body> {
  readonly kind: TaskKind;
  compile(definition: TaskDefinition, scope: Scope): Body;
  /** The task begins, with its input transformed. */
  start(body: Body, run: TaskRun): Outcome;
  /** A command was answered. Without it, the task issues none it waits for. */
  answered?(body: Body, run: TaskRun, answer: Answer): Outcome;
  /** A child ended well. */
  finished?(body: Body, run: TaskRun, child: ChildResult): Outcome;
  /** A child failed: an outcome handles the fault, undefined passes it on to the enclosing task. Called at most once for a fault. */
  faulted?(body: Body, run: TaskRun, role: string, fault: Fault): Outcome | undefined;
  /** An event is offered to a listening task: an outcome consumes it. */
  offered?(body: Body, run: TaskRun, event: JsonObject): Outcome | undefined;
  /** Events that were consumed but not handled when the task ended: others may have them. */
  leftover?(local: Json): readonly JsonObject[];
  /** What the listening task wants delivered now. */
  filters?(body: Body, run: TaskRun): readonly EventFilter[];
  /** What it will want delivered once reached, as far as the document alone tells. */
  earlyFilters?(body: Body, run: Pick<TaskRun, "value">): readonly EventFilter[];
  /** Values its correlations have by now, by name; undefined where it has none. */
  correlations?(body: Body, local: Json): JsonObject | undefined;
  /** In words, what a listening task waits for. */
  describe?(body: Body, local: Json): string;
  /** Begins again after the run had stopped (fault, cancellation): without it, like `start`. `local` is what it remembered. */
  revive?(body: Body, run: TaskRun): Outcome;
  /** What the task waits for beside a child, issued again where the run goes on with that child after it had stopped, or is entered at it; `role` is the child's. */
  rearm?(body: Body, run: TaskRun, role: string): readonly Draft[];
  /** Enters the task so that the child list at `list` begins at some task of it: what control by pointer needs. Undefined where it cannot be entered. */
  enter?(body: Body, run: TaskRun, list: string, iteration: number | undefined, input: Json): ChildEntry | undefined;
}

/** How a composite task is entered from outside: its local data and the child to build. */
export interface ChildEntry {
  readonly local: Json;
  readonly role: string;
  readonly variables?: JsonObject;
  readonly iteration?: number;
  readonly attempt?: number;
}

/** The task goes on. */
export function going(outcome: Omit<Continuing, "type">): Continuing {
  return { type: "continue", ...outcome };
}

/** The task is done. */
export function complete(output: Json, then?: DirectiveTarget): Completed {
  return then === undefined ? { type: "complete", output } : { type: "complete", output, then };
}

/** The task fails. */
export function fail(fault: Fault): Failed {
  return { type: "fault", fault };
}
