import type { TaskDefinition, TaskList, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { Random } from "./random.ts";

/** A document and what the world must know of it. */
export interface GeneratedWorkflow {
  readonly document: WorkflowDocument;
  readonly digest: string;
}

/** The type of the events that a run of any workflow may listen to; their data is fixed, so that it does not matter which one is consumed. */
export const EVENT_TYPES = ["sim.red", "sim.green"] as const;

/** The data of every event of a type. */
export function eventData(type: string): Json {
  return { color: type.slice(4), n: type.length };
}

/** Where a task stands: inside a fork nothing is drawn whose outcome depends on who is first; a try inside a try would make the number of an attempt ambiguous. */
interface Place {
  readonly fork: boolean;
  readonly attempts: boolean;
}

const OUTSIDE: Place = { fork: false, attempts: false };

/** Draws valid documents. Children are drawn from those before, so that no workflow runs itself. */
export class WorkflowGenerator {
  readonly #random: Random;
  readonly #children: readonly GeneratedWorkflow[];
  #names = 0;
  #budget: number;

  constructor(random: Random, children: readonly GeneratedWorkflow[]) {
    this.#random = random;
    this.#children = children;
    this.#budget = random.pick([2, 4, 8, 16]);
  }

  /** One workflow with the given number for a name. */
  draw(index: number): GeneratedWorkflow {
    const name = `w${String(index)}`;
    const document: WorkflowDocument = {
      document: { dsl: "1.0.0", namespace: "sim", name, version: "1.0.0" },
      use: { secrets: ["token"] },
      do: this.#list(0),
    };
    return { document, digest: `digest-${name}` };
  }

  #list(depth: number, place: Place = OUTSIDE): TaskList {
    const count = this.#random.between(1, depth === 0 ? 4 : 2);
    const names: string[] = [];
    const tasks: TaskDefinition[] = [];
    for (let index = 0; index < count && (index === 0 || this.#budget > 0); index++) {
      names.push(`t${String(this.#names++)}`);
      tasks.push(this.#task(depth, place));
    }
    return tasks.map((task, index) => ({ [names[index] as string]: this.#decorate(task, names, index, depth, place) }));
  }

  #task(depth: number, place: Place): TaskDefinition {
    this.#budget--;
    const leaves = ["set", "call", "call", "call", "wait", "listen", "emit"];
    if (this.#children.length > 0) leaves.push("run");
    leaves.push("several", ...(this.#random.chance(0.2) ? ["late"] : []));
    const nested =
      depth < 3 && this.#budget > 0
        ? ["fork", ...["do", "for", "compete", "switch", ...(place.attempts ? [] : ["try", "try"])]]
        : [];
    const kind = this.#random.pick([...leaves, ...nested, ...(this.#random.chance(0.1) ? ["raise"] : [])]);
    switch (kind) {
      case "set":
        return { set: this.#object() };
      case "call":
        return this.#call();
      case "wait":
        return { wait: { milliseconds: this.#random.pick([1, 10, 500, 30_000, 100_000]) } };
      case "listen":
        return { listen: { to: { one: { with: { type: this.#random.pick(EVENT_TYPES) } } } } };
      case "several":
        return {
          listen: {
            to: {
              any: [{ with: { type: this.#random.pick(EVENT_TYPES) } }],
              until: `\${ length >= ${String(this.#random.between(1, 3))} }`,
            },
          },
        };
      case "late":
        return {
          wait: { seconds: this.#random.pick([3, 300]) },
          timeout: { after: { milliseconds: this.#random.pick([1, 50, 2_000]) } },
        };
      case "emit":
        return this.#emit();
      case "run":
        return this.#run();
      case "raise":
        return { raise: { error: { type: "https://example.com/raised", status: 409, title: "Raised" } } };
      case "do":
        return { do: this.#list(depth + 1, place) };
      case "fork":
        return { fork: { branches: this.#branches(depth, place) } };
      case "compete":
        return this.#compete(place);
      case "for":
        return {
          for: {
            each: "item",
            in: `\${ ${JSON.stringify(Array.from({ length: this.#random.between(0, 3) }, (_, at) => at + 1))} }`,
          },
          do: this.#list(depth + 1, place),
        };
      case "try":
        return this.#try(depth, place);
      default:
        return { do: this.#switch(depth, place) };
    }
  }

  #branches(depth: number, place: Place): TaskList {
    return Array.from({ length: this.#random.between(1, 3) }, () => ({
      [`t${String(this.#names++)}`]: this.#task(depth + 1, { ...place, fork: true }),
    }));
  }

  /** A race whose winner is known: the other waits for an event that never comes. */
  #compete(place: Place): TaskDefinition {
    const [racer, call, loser] = [0, 1, 2].map(() => `t${String(this.#names++)}`) as [string, string, string];
    const winner: TaskDefinition = place.attempts
      ? { set: this.#object() }
      : { try: [{ [call]: this.#call() }], catch: {} };
    return {
      fork: {
        compete: true,
        branches: [{ [racer]: winner }, { [loser]: { listen: { to: { one: { with: { type: "sim.never" } } } } } }],
      },
    };
  }

  #call(): TaskDefinition {
    const metadata = this.#random.chance(0.15)
      ? { metadata: { delivery: "at-most-once", "stigmer.delivery": "at-most-once" } }
      : {};
    return {
      call: "http",
      with: { method: "post", endpoint: "http://127.0.0.1/", body: "${ . }" },
      ...metadata,
    };
  }

  #emit(): TaskDefinition {
    const type = this.#random.pick([...EVENT_TYPES, "sim.unheard"]);
    return { emit: { event: { with: { type, source: "sim", data: eventData(type) } } } } as TaskDefinition;
  }

  #run(): TaskDefinition {
    const child = this.#random.pick(this.#children).document.document;
    const workflow = {
      namespace: child.namespace,
      name: child.name,
      version: child.version,
      input: { n: this.#random.between(0, 9) },
    };
    return { run: { workflow, ...(this.#random.chance(0.2) ? { await: false } : {}) } };
  }

  #try(depth: number, place: Place): TaskDefinition {
    const retry = this.#random.chance(0.6)
      ? {
          retry: {
            delay: { milliseconds: this.#random.pick([1, 100, 40_000]) },
            limit: { attempt: { count: this.#random.between(1, 3) } },
          },
        }
      : {};
    const handler = this.#random.chance(0.6)
      ? { do: [{ [`t${String(this.#names++)}`]: { set: { caught: true, n: 7 } } }] }
      : {};
    return { try: this.#list(depth + 1, { ...place, attempts: true }), catch: { ...retry, ...handler } };
  }

  #switch(depth: number, place: Place): TaskList {
    const [choose, left, right] = [0, 1, 2].map(() => `t${String(this.#names++)}`) as [string, string, string];
    const leftTask = this.#task(depth + 1, place);
    const rightTask = this.#task(depth + 1, place);
    return [
      { [choose]: { switch: [{ small: { when: "${ (.n? // 0) < 5 }", then: left } }, { other: { then: right } }] } },
      { [left]: { ...leftTask, then: "exit" } },
      { [right]: rightTask },
    ] as TaskList;
  }

  #object(): { readonly [key: string]: Json } {
    return this.#random.pick([
      { n: this.#random.between(0, 9) },
      { n: "${ (.n? // 0) + 1 }" },
      { n: "${ .n? // 3 }", before: "${ . }" },
      { n: "${ $context.n // 1 }" },
      { n: 2, token: "${ $secrets.token }" },
    ]);
  }

  #decorate(
    task: TaskDefinition,
    names: readonly string[],
    index: number,
    depth: number,
    place: Place,
  ): TaskDefinition {
    const extra: Record<string, unknown> = {};
    const random = this.#random;
    if (random.chance(0.1)) extra["if"] = "${ (.n? // 0) > 2 }";
    if (!place.fork && random.chance(0.1)) extra["export"] = { as: "${ $context + {n: (.n? // 4)} }" };
    if (random.chance(0.1)) extra["output"] = { as: "${ {n: (.n? // 2), was: .} }" };
    if (random.chance(0.05) && task.timeout === undefined)
      extra["timeout"] = { after: { milliseconds: random.pick([3_600_000_000]) } };
    if (random.chance(0.1) && index + 1 < names.length)
      extra["then"] = random.pick([
        ...names.slice(index + 1),
        ...(depth > 0 ? ["exit"] : []),
        "continue",
        ...(!place.fork && random.chance(0.3) ? ["end"] : []),
      ]);
    return "then" in task ? task : ({ ...task, ...extra } as TaskDefinition);
  }
}
