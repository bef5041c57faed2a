import type { TaskDefinition, TaskList, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { taskEntries, taskKind } from "@stigmer/core/dsl/task-kind.ts";
import { isJsonArray, type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import { anyOf, heard } from "./expected-value.ts";
import { holdOf } from "./hold.ts";
import { attemptTimeout, isShort, retries } from "./oracle-time.ts";
import { evaluated, truthy, withoutSecrets } from "./oracle-values.ts";

/*
 * The reference: an independent recursive interpreter of what generated documents hold. It knows no time, no events and no persistence, only what a run must come to. It shares no code with
 * core/interpreter and reads expressions by their few known forms.
 */

/** What a run must come to. Where several faults race each other, any of them may win. */
export type Expected =
  | { readonly status: "completed"; readonly output: Json }
  | { readonly status: "faulted"; readonly titles: readonly string[] };

/** Where a call stands: what its outcome depends on. */
export interface CallPlace {
  readonly pointer: string;
  readonly iterations: readonly number[];
  readonly attempt: number;
}

/** What comes of a call. */
export type Outcome = { readonly output: Json } | { readonly title: string };

/** What the oracle asks of the world. */
export interface OracleWorld {
  /** Outcome of an activity at a place; the same answer whoever asks. */
  outcome(place: CallPlace, body: Json): Outcome;
  child(name: string): { readonly document: WorkflowDocument; readonly world: OracleWorld };
}

/** The HTTP status of a fault by its title: what retries and catches look at. */
const STATUS: Readonly<Record<string, number>> = { Failed: 500, Raised: 409, "Outcome unknown": 500 };

class FaultOf {
  readonly titles: readonly string[];
  constructor(titles: readonly string[]) {
    this.titles = titles;
  }
}

/** `end` leaves the workflow. */
class End {
  readonly output: Json;
  constructor(output: Json) {
    this.output = output;
  }
}

interface Scope {
  readonly iterations: readonly number[];
  readonly attempt: number;
}

/** What a list comes to; `exited` by a task that said so. */
interface Flow {
  readonly value: Json;
  readonly exited: boolean;
}

/** What a run of the document with this input must come to. */
export function expectedResult(document: WorkflowDocument, input: Json, world: OracleWorld): Expected {
  const run = new Reference(document, world);
  // A generated workflow timeout is either too short for the wait the workflow begins with, or too long to matter.
  if (isShort(document.timeout)) return { status: "faulted", titles: ["Workflow timed out"] };
  const result = run.list(document.do, "/do", input, { iterations: [], attempt: 1 });
  if (result instanceof FaultOf) return { status: "faulted", titles: result.titles };
  return { status: "completed", output: result instanceof End ? result.output : result.value };
}

class Reference {
  readonly #document: WorkflowDocument;
  readonly #world: OracleWorld;
  #context: Json = {};

  constructor(document: WorkflowDocument, world: OracleWorld) {
    this.#document = document;
    this.#world = world;
  }

  list(list: TaskList, pointer: string, input: Json, scope: Scope): Flow | FaultOf | End {
    const entries = taskEntries(list);
    let value = input;
    let at = 0;
    while (at < entries.length) {
      const entry = entries[at] as (typeof entries)[number];
      const result = this.#task(entry.task, `${pointer}/${String(entry.index)}/${entry.name}`, value, scope);
      if (result instanceof FaultOf || result instanceof End) return result;
      ({ value } = result);
      if (result.then === "exit") return { value, exited: true };
      const target = entries.findIndex(({ name, index }) => [name, `${String(index)}/${name}`].includes(result.then));
      at = target >= 0 ? target : at + 1;
    }
    return { value, exited: false };
  }

  #task(
    task: TaskDefinition,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json; readonly then: string } | FaultOf | End {
    if (task.if !== undefined && !truthy(this.#evaluate(task.if, input))) return { value: input, then: "next" };
    const hold = holdOf(task);
    if (hold !== undefined) {
      if (hold.context !== undefined) this.#context = hold.context;
      return { value: hold.output, then: hold.jumpTo ?? "next" };
    }
    const result = this.#extended(task, pointer, input, scope);
    if (result instanceof FaultOf || result instanceof End) return result;
    const then = result.then ?? task.then ?? "continue";
    if (then === "end") return new End(result.value);
    return { value: result.value, then: then === "continue" ? "next" : then };
  }

  /** The task within its extensions: what they put out is lost, unless the one before is left by `exit`. */
  #extended(
    task: TaskDefinition,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json; readonly then?: string } | FaultOf | End {
    const extension = pointer.startsWith("/use/extensions/") ? undefined : this.#extensionOf(task);
    const place = extension === undefined ? "" : `/use/extensions/0/${extension.name}`;
    const before = extension?.before;
    const first = before === undefined ? undefined : this.list(before, `${place}/before`, input, scope);
    if (first instanceof FaultOf || first instanceof End) return first;
    if (first?.exited === true) return this.#put(task, first.value);
    const result = this.#body(task, pointer, input, scope);
    if (result instanceof FaultOf || result instanceof End) return result;
    const put = this.#put(task, result.value);
    const after =
      extension?.after === undefined ? undefined : this.list(extension.after, `${place}/after`, put.value, scope);
    if (after instanceof FaultOf || after instanceof End) return after;
    return { ...put, ...(result.then === undefined ? {} : { then: result.then }) };
  }

  #put(task: TaskDefinition, raw: Json): { readonly value: Json } {
    const as = task.output?.as;
    const value = as === undefined ? raw : this.#evaluate(as as Json, raw);
    if (task.export?.as !== undefined) this.#context = this.#evaluate(task.export.as as Json, value);
    return { value };
  }

  #extensionOf(task: TaskDefinition): { name: string; before?: TaskList; after?: TaskList } | undefined {
    for (const entry of this.#document.use?.extensions ?? []) {
      for (const [name, { extend, before, after }] of Object.entries(entry)) {
        if (extend !== "all" && extend !== taskKind(task)) continue;
        return { name, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
      }
    }
    return undefined;
  }

  #body(
    task: TaskDefinition,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json; readonly then?: string } | FaultOf | End {
    // Generated timeouts are either far too short for the wait they stand over or far too long to matter; where it is a race, the output says nothing.
    if (isShort(task.timeout) && !isRace(task)) return new FaultOf(["Task timed out"]);
    if ("set" in task) return { value: this.#evaluate(task.set as Json, input) };
    if ("wait" in task) return { value: input };
    if ("listen" in task) return this.#listen(task, pointer, input, scope);
    if ("emit" in task) return { value: anyOf([]) };
    if ("raise" in task) return new FaultOf(["Raised"]);
    if ("call" in task) return this.#call(task, pointer, input, scope);
    if ("run" in task) return this.#run(task, pointer, input, scope);
    if ("fork" in task) return this.#fork(task.fork.branches, task.fork.compete === true, pointer, input, scope);
    if ("switch" in task) return this.#switch(task, input);
    if ("try" in task) return this.#try(task, pointer, input, scope);
    if ("for" in task) return this.#for(task, pointer, input, scope);
    const inner = this.list((task as { readonly do: TaskList }).do, `${pointer}/do`, input, scope);
    return inner instanceof FaultOf || inner instanceof End ? inner : { value: inner.value };
  }

  #call(
    task: Extract<TaskDefinition, { readonly call: unknown }>,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json } | FaultOf | End {
    const target = this.#document.use?.functions?.[task.call];
    if (target !== undefined) {
      const value = task.with === undefined ? input : this.#evaluate(task.with as Json, input);
      const result = this.#task(target, `/use/functions/${task.call}`, value, scope);
      return result instanceof FaultOf || result instanceof End ? result : { value: result.value };
    }
    const body = task.with !== undefined && "body" in task.with ? input : null;
    return fromOutcome(this.#world.outcome({ pointer, ...scope }, body));
  }

  #run(
    task: Extract<TaskDefinition, { readonly run: unknown }>,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json } | FaultOf {
    if (task.run.await === false) return { value: input };
    const { workflow } = task.run;
    if (workflow === undefined) return fromOutcome(this.#world.outcome({ pointer, ...scope }, null));
    const { document, world } = this.#world.child(workflow.name);
    const result = expectedResult(document, workflow.input ?? null, world);
    return result.status === "completed" ? { value: withoutSecrets(result.output) } : new FaultOf(result.titles);
  }

  /** Gives one item for each event, handled with the input of the task. */
  #listen(
    task: Extract<TaskDefinition, { readonly listen: unknown }>,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json } | FaultOf | End {
    const value = heard(task);
    const handler = task.foreach?.do;
    if (handler === undefined || !isJsonArray(value)) return { value };
    const items: Json[] = [];
    for (const index of value.keys()) {
      const within = { ...scope, iterations: [...scope.iterations, index] };
      const result = this.list(handler, `${pointer}/foreach/do`, input, within);
      if (result instanceof FaultOf || result instanceof End) return result;
      items.push(result.value);
    }
    return { value: items };
  }

  #fork(
    branches: TaskList,
    compete: boolean,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json } | FaultOf | End {
    const results = taskEntries(branches).map(({ name, task, index }) =>
      this.#task(task, `${pointer}/fork/branches/${String(index)}/${name}`, input, scope),
    );
    if (compete) {
      // The first branch always succeeds, the other waits longer or for what never comes; where it is a race, the output says nothing.
      const [winner] = results;
      if (winner === undefined || winner instanceof FaultOf || winner instanceof End)
        throw new Error("assertion: generated races have a winner");
      return { value: winner.value };
    }
    const faults = results.filter((result) => result instanceof FaultOf);
    if (faults.length > 0) return new FaultOf(faults.flatMap(({ titles }) => titles));
    const ended = results.find((result) => result instanceof End);
    if (ended instanceof End) return ended;
    return { value: results.map((result) => (result as { readonly value: Json }).value) };
  }

  #switch(
    task: Extract<TaskDefinition, { readonly switch: unknown }>,
    input: Json,
  ): { readonly value: Json; readonly then: string } {
    for (const item of task.switch) {
      for (const { when, then } of Object.values(item))
        if (when === undefined || truthy(this.#evaluate(when, input))) return { value: input, then };
    }
    return { value: input, then: task.then ?? "continue" };
  }

  #try(
    task: Extract<TaskDefinition, { readonly try: unknown }>,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json } | FaultOf | End {
    const { retry, do: handler, errors } = task.catch;
    const policy = typeof retry === "string" ? this.#document.use?.retries?.[retry] : retry;
    for (let attempt = 1; ; attempt++) {
      const within = { ...scope, attempt };
      const result = isShort(attemptTimeout(policy))
        ? new FaultOf(["Attempt timed out"])
        : this.list(task.try, `${pointer}/try`, input, within);
      if (!(result instanceof FaultOf)) return result instanceof End ? result : { value: result.value };
      const status = STATUS[result.titles[0] ?? ""] ?? 408;
      if (errors?.with?.status !== undefined && errors.with.status !== status) return result;
      if (policy !== undefined && retries(policy, attempt, status)) continue;
      if (handler === undefined) return policy === undefined ? { value: input } : result;
      const handled = this.list(handler, `${pointer}/catch/do`, input, scope);
      return handled instanceof FaultOf || handled instanceof End ? handled : { value: handled.value };
    }
  }

  #for(
    task: Extract<TaskDefinition, { readonly for: unknown }>,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json } | FaultOf | End {
    const items = this.#evaluate(task.for.in as Json, input);
    let value = input;
    if (!isJsonArray(items)) return { value };
    for (const index of items.keys()) {
      const result = this.list(task.do, `${pointer}/do`, value, { ...scope, iterations: [...scope.iterations, index] });
      if (result instanceof FaultOf || result instanceof End) return result;
      ({ value } = result);
    }
    return { value };
  }

  #evaluate(template: Json, input: Json): Json {
    return evaluated(template, input, this.#context);
  }
}

function fromOutcome(outcome: Outcome): { readonly value: Json } | FaultOf {
  return "output" in outcome ? { value: outcome.output } : new FaultOf([outcome.title]);
}

/** A race is marked as one, and its output does not tell who won. */
function isRace(task: TaskDefinition): boolean {
  return (task.metadata as JsonObject | undefined)?.["race"] === true;
}
