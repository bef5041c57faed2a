import type { TaskDefinition, TaskList, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { taskEntries } from "@stigmer/core/dsl/task-kind.ts";
import { isJsonArray, isJsonObject, type Json } from "@stigmer/core/lib/json.ts";
import { secretMarker } from "@stigmer/core/lib/secret-marker.ts";
import { eventData } from "./generate-workflow.ts";

/*
 * The reference: an independent recursive interpreter of what generated documents hold. It knows no time, no events and no persistence, only what a run must come to. It shares no code with
 * core/interpreter and reads expressions by their few known forms.
 */

/** What a run must come to. Where several faults race each other, any of them may win. */
export type Expected =
  | { readonly status: "completed"; readonly output: Json }
  | { readonly status: "faulted"; readonly titles: readonly string[] };

/** What the oracle asks of the world. */
export interface OracleWorld {
  /** Outcome of an activity at a place; the same answer whoever asks. */
  outcome(
    pointer: string,
    iterations: readonly number[],
    attempt: number,
    body: Json,
  ): { readonly output: Json } | { readonly title: string };
  child(name: string): WorkflowDocument;
}

/** Any output will do: what the world decides (an event's id and time) is not the oracle's to know. */
export const ANYTHING: Json = "\u0000anything";

class FaultOf {
  readonly titles: readonly string[];
  constructor(titles: readonly string[]) {
    this.titles = titles;
  }
}

/** `exit` leaves the list, `end` the workflow. */
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

type Flow = { readonly value: Json; readonly then: "next" | "exit" };

/** What a run of the document with this input must come to. */
export function expectedResult(document: WorkflowDocument, input: Json, world: OracleWorld): Expected {
  const run = new Reference(world);
  const result = run.list(document.do, "/do", input, { iterations: [], attempt: 1 });
  if (result instanceof FaultOf) return { status: "faulted", titles: result.titles };
  return { status: "completed", output: result instanceof End ? result.output : result.value };
}

class Reference {
  readonly #world: OracleWorld;
  #context: Json = {};

  constructor(world: OracleWorld) {
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
      if (result.then === "exit") return { value, then: "next" };
      const target = entries.findIndex(({ name }) => name === result.then);
      at = target >= 0 ? target : at + 1;
    }
    return { value, then: "next" };
  }

  #task(
    task: TaskDefinition,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json; readonly then: string } | FaultOf | End {
    if (task.if !== undefined && !truthy(this.#evaluate(task.if, input))) return { value: input, then: "next" };
    const result = this.#body(task, pointer, input, scope);
    if (result instanceof FaultOf || result instanceof End) return result;
    const as = task.output?.as;
    const value = as === undefined ? result.value : this.#evaluate(as, result.value);
    if (task.export?.as !== undefined) this.#context = this.#evaluate(task.export.as, value);
    const then = result.then ?? task.then ?? "continue";
    if (then === "end") return new End(value);
    return { value, then: then === "continue" ? "next" : then };
  }

  #body(
    task: TaskDefinition,
    pointer: string,
    input: Json,
    scope: Scope,
  ): { readonly value: Json; readonly then?: string } | FaultOf | End {
    if ("set" in task) return { value: this.#evaluate(task.set as Json, input) };
    // Generated timeouts are either far too short for their wait or far too long to matter.
    if ("wait" in task) return isShort(task.timeout) ? new FaultOf(["Task timed out"]) : { value: input };
    if ("listen" in task) return { value: this.#listen(task) };
    if ("emit" in task) return { value: ANYTHING };
    if ("raise" in task) return new FaultOf(["Raised"]);
    if ("call" in task) return this.#call(task, pointer, input, scope);
    if ("run" in task) return this.#child(task, input);
    if ("fork" in task) return this.#fork(task.fork.branches, task.fork.compete === true, pointer, input, scope);
    if ("switch" in task) return this.#switch(task, input);
    if ("try" in task) return this.#try(task, pointer, input, scope);
    if ("for" in task) return this.#for(task, pointer, input, scope);
    const inner = this.list((task as { readonly do: TaskList }).do, `${pointer}/do`, input, scope);
    return inner instanceof FaultOf || inner instanceof End ? inner : { value: inner.value };
  }

  #listen({ listen: { to } }: Extract<TaskDefinition, { readonly listen: unknown }>): Json {
    const [filter] = to.any ?? [to.one];
    const count = typeof to.until === "string" ? Number(/\d+/u.exec(to.until)?.[0]) : 1;
    return Array.from({ length: count }, () => eventData(String(filter?.with.type)));
  }

  #call(task: TaskDefinition, pointer: string, input: Json, scope: Scope): { readonly value: Json } | FaultOf {
    const body = "with" in task && task.with !== undefined && "body" in task.with ? input : null;
    const outcome = this.#world.outcome(pointer, scope.iterations, scope.attempt, body);
    return "output" in outcome ? { value: outcome.output } : new FaultOf([outcome.title]);
  }

  #child(task: Extract<TaskDefinition, { readonly run: unknown }>, input: Json): { readonly value: Json } | FaultOf {
    if (task.run.await === false) return { value: input };
    const workflow = task.run.workflow;
    if (workflow === undefined) throw new Error("assertion: generated documents run workflows only");
    const result = expectedResult(this.#world.child(workflow.name), workflow.input ?? null, this.#world);
    return result.status === "completed" ? { value: result.output } : new FaultOf(result.titles);
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
      // The first branch always succeeds, the other waits for what never comes.
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
    const { retry, do: handler } = task.catch;
    const retries = typeof retry === "object" ? (retry.limit?.attempt?.count ?? 0) : 0;
    for (let attempt = 1; ; attempt++) {
      const result = this.list(task.try, `${pointer}/try`, input, { ...scope, attempt });
      if (!(result instanceof FaultOf)) return result instanceof End ? result : { value: result.value };
      if (attempt <= retries) continue;
      if (handler === undefined) return retry === undefined ? { value: input } : result;
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
    if (isJsonArray(template)) return template.map((item) => this.#evaluate(item, input));
    if (isJsonObject(template))
      return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, this.#evaluate(item, input)]));
    if (typeof template !== "string") return template;
    const n = isJsonObject(input) ? (input["n"] ?? null) : null;
    const number = (fallback: number): Json => (truthy(n) ? n : fallback);
    switch (template) {
      case "${ . }":
        return input;
      case "${ (.n? // 0) + 1 }":
        return (number(0) as number) + 1;
      case "${ .n? // 3 }":
        return number(3);
      case "${ $context.n // 1 }":
        return (isJsonObject(this.#context) ? this.#context["n"] : undefined) ?? 1;
      case "${ $secrets.token }":
        return secretMarker(["token"]);
      case "${ (.n? // 0) < 5 }":
        return (number(0) as number) < 5;
      case "${ (.n? // 0) > 2 }":
        return (number(0) as number) > 2;
      case "${ $context + {n: (.n? // 4)} }":
        return { ...(this.#context as object), n: number(4) };
      case "${ {n: (.n? // 2), was: .} }":
        return { n: number(2), was: input };
      default:
        return template.startsWith("${ [") ? (JSON.parse(template.slice(3, -2)) as Json) : template;
    }
  }
}

function isShort(timeout: TaskDefinition["timeout"]): boolean {
  const after = typeof timeout === "object" ? timeout.after : undefined;
  return typeof after === "object" && (after.milliseconds ?? 0) < 10_000;
}

function truthy(value: Json): boolean {
  return value !== null && value !== false;
}

/** Tells whether a result is what was expected, with ANYTHING matching anything. */
export function matchesExpected(expected: Json, actual: Json): boolean {
  if (expected === ANYTHING) return true;
  if (isJsonArray(expected))
    return (
      isJsonArray(actual) &&
      expected.length === actual.length &&
      expected.every((item, index) => matchesExpected(item, actual[index] as Json))
    );
  if (!isJsonObject(expected)) return expected === actual;
  if (!isJsonObject(actual)) return false;
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(actual).length &&
    keys.every((key) => Object.hasOwn(actual, key) && matchesExpected(expected[key] as Json, actual[key] as Json))
  );
}
