import type { TaskDefinition, TaskList, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { drawListen } from "./generate-listen.ts";
import { drawPolicy, drawRetryCall } from "./generate-retry.ts";
import { EVENT_TYPES, eventData } from "./generated-events.ts";
import { holdTask } from "./hold.ts";
import type { Random } from "./random.ts";

/** A document and what the world must know of it. */
export interface GeneratedWorkflow {
  readonly document: WorkflowDocument;
  readonly digest: string;
  /** It has tasks that only an operator gets past. */
  readonly holds: boolean;
}

/** Where a task stands: inside a fork nothing is drawn that concerns the whole run; a try inside a try would make the number of an attempt ambiguous, and a jump into one begins its attempts anew. */
interface Place {
  readonly fork: boolean;
  readonly attempts: boolean;
}

const OUTSIDE: Place = { fork: false, attempts: false };
/** Far longer than any simulation. */
const NEVER_MS = 3_600_000_000;

/** Draws valid documents. Children are drawn from those before, so that no workflow runs itself. */
export class WorkflowGenerator {
  readonly #random: Random;
  readonly #children: readonly GeneratedWorkflow[];
  #names = 0;
  #budget: number;
  #holds = false;
  #functions = false;

  constructor(random: Random, children: readonly GeneratedWorkflow[]) {
    this.#random = random;
    this.#children = children;
    this.#budget = random.pick([2, 4, 8, 16]);
  }

  /** One workflow with the given number for a name. */
  draw(index: number): GeneratedWorkflow {
    const random = this.#random;
    const name = `w${String(index)}`;
    const late = random.chance(0.03);
    const list = this.#list(0);
    const long = random.chance(0.1) ? { timeout: { after: { milliseconds: NEVER_MS } } } : {};
    const document = {
      document: { dsl: "1.0.0", namespace: "sim", name, version: "1.0.0" },
      use: {
        secrets: ["token"],
        retries: { policy: drawPolicy(random) },
        ...(this.#functions ? { functions: this.#drawFunctions() } : {}),
        ...(random.chance(0.15) ? { extensions: [this.#extension()] } : {}),
      },
      ...(late ? { timeout: { after: { milliseconds: random.pick([1, 2_000]) } } } : long),
      do: late ? [{ [this.#name()]: { wait: { seconds: 300 } } }, ...list] : list,
    } as unknown as WorkflowDocument;
    return { document, digest: `digest-${name}`, holds: this.#holds };
  }

  #name(): string {
    return `t${String(this.#names++)}`;
  }

  #drawFunctions(): { readonly [name: string]: TaskDefinition } {
    return {
      ask: this.#call(),
      count: { do: [{ more: { set: { n: "${ (.n? // 0) + 1 }" } } }, { told: this.#call() }] },
    };
  }

  /** Tasks around every call, or around every set; now and then they take its place. */
  #extension(): JsonObject {
    const random = this.#random;
    const list = (): Json =>
      [{ [this.#name()]: random.chance(0.5) ? this.#call() : { set: this.#object() } }] as unknown as Json;
    const instead = [{ [this.#name()]: { set: { n: 9 }, then: "exit" } }] as Json;
    const before = random.chance(0.2) ? instead : list();
    return {
      around: { extend: random.pick(["call", "set"]), before, ...(random.chance(0.5) ? { after: list() } : {}) },
    };
  }

  #list(depth: number, place: Place = OUTSIDE): TaskList {
    const count = this.#random.between(1, depth === 0 ? 4 : 2);
    const names: string[] = [];
    const tasks: TaskDefinition[] = [];
    for (let index = 0; index < count && (index === 0 || this.#budget > 0); index++) {
      names.push(this.#name());
      tasks.push(this.#task(depth, place));
    }
    const list = tasks.map((task, index) => ({
      [names[index] as string]: this.#decorate(task, names, index, depth, place),
    }));
    return !place.fork && this.#random.chance(0.06) ? this.#hold(list, place) : list;
  }

  /** A task that only an operator gets past comes first: it is skipped, perhaps with another context, or a later one is jumped to. */
  #hold(list: TaskList, place: Place): TaskList {
    const random = this.#random;
    this.#holds = true;
    const context = random.chance(0.5) ? { context: { n: random.between(2, 9) } } : {};
    const told = "context" in context ? [{ [this.#name()]: { set: { n: "${ $context.n // 1 }" } } }] : [];
    const rest = [...told, ...list];
    const at = random.between(1, rest.length);
    const [target = ""] = Object.keys(rest[at - 1] ?? {});
    const jump = !place.attempts && random.chance(0.4) ? { jumpTo: `${String(at)}/${target}` } : {};
    const hold = holdTask({ output: { n: random.between(0, 9) }, ...context, ...jump });
    return [{ [this.#name()]: hold }, ...rest];
  }

  #task(depth: number, place: Place): TaskDefinition {
    this.#budget--;
    const random = this.#random;
    const leaves = ["set", "call", "call", "call", "wait", "listen", "listen", "emit", "function", "detached", "race"];
    if (this.#children.length > 0) leaves.push("run");
    if (random.chance(0.2)) leaves.push("late");
    if (!place.attempts) leaves.push("retry", "retry", "retry");
    const nested =
      depth < 3 && this.#budget > 0
        ? ["fork", "do", "for", "compete", "switch", "loop", ...(place.attempts ? [] : ["try"])]
        : [];
    const kind = random.pick([...leaves, ...nested, ...(random.chance(0.1) ? ["raise"] : [])]);
    switch (kind) {
      case "set":
        return { set: this.#object() };
      case "call":
        return this.#call();
      case "wait":
        return { wait: { milliseconds: random.pick([1, 10, 500, 30_000, 100_000]) } };
      case "listen":
        return drawListen(random, () => this.#name());
      case "late":
        return this.#late();
      case "emit":
        return this.#emit();
      case "function":
        this.#functions = true;
        return { call: random.pick(["ask", "count"]), ...(random.chance(0.5) ? { with: { n: 2 } } : {}) };
      case "detached":
        return { run: { shell: { command: "true" }, ...(random.chance(0.7) ? { await: false } : {}) } };
      case "race":
        return this.#race(place);
      case "run":
        return this.#run();
      case "retry":
        return drawRetryCall(random, this.#name(), this.#call(), this.#name());
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
            in: `\${ ${JSON.stringify(Array.from({ length: random.between(0, 3) }, (_, at) => at + 1))} }`,
          },
          do: this.#list(depth + 1, place),
        };
      case "try":
        return this.#try(depth, place);
      case "loop":
        return this.#loop();
      default:
        return { do: this.#switch(depth, place) };
    }
  }

  #branches(depth: number, place: Place): TaskList {
    return Array.from({ length: this.#random.between(1, 3) }, () => ({
      [this.#name()]: this.#task(depth + 1, { ...place, fork: true }),
    }));
  }

  /** A timeout far shorter than the wait it stands over. */
  #late(): TaskDefinition {
    const random = this.#random;
    const wait: TaskDefinition = { wait: { seconds: random.pick([3, 300]) } };
    const timeout = { after: { milliseconds: random.pick([1, 50, 2_000]) } };
    return random.chance(0.5) ? { ...wait, timeout } : { do: [{ [this.#name()]: wait }], timeout };
  }

  /** A race whose winner is known: the other waits for an event that never comes, or for longer. */
  #compete(place: Place): TaskDefinition {
    const random = this.#random;
    const [racer, call, loser] = [this.#name(), this.#name(), this.#name()];
    const never: TaskDefinition = { listen: { to: { one: { with: { type: "sim.never" } } } } };
    if (random.chance(0.4)) {
      // The timer that is due first fires first, however late both are.
      const sooner = { wait: { milliseconds: random.pick([5, 1_000]) }, output: { as: "${ {n: 1} }" } } as const;
      const later: TaskDefinition = { wait: { milliseconds: random.pick([1_010, 60_000]) } };
      return { fork: { compete: true, branches: [{ [racer]: sooner }, { [loser]: later }] } };
    }
    const wrongRoom: TaskDefinition = {
      listen: {
        to: { one: { with: { type: "sim.red" }, correlate: { room: { from: "${ .data.color }", expect: "blue" } } } },
      },
    };
    const winner: TaskDefinition = place.attempts ? this.#emit() : { try: [{ [call]: this.#call() }], catch: {} };
    return {
      fork: { compete: true, branches: [{ [racer]: winner }, { [loser]: random.chance(0.5) ? never : wrongRoom }] },
    };
  }

  /** A real race, of a call against its timeout or against a timer or an event; its output does not tell who won. */
  #race(place: Place): TaskDefinition {
    const random = this.#random;
    const quiet = { output: { as: "${ {n: 1} }" }, metadata: { race: true } } as const;
    const timeout = { after: { milliseconds: random.pick([1, 200, 5_000]) } };
    const raced: TaskDefinition = { ...this.#call(), timeout };
    const marked: TaskDefinition = { ...raced, metadata: { ...raced.metadata, race: true } };
    if (!place.attempts && random.chance(0.5)) return { try: [{ [this.#name()]: marked }], catch: {}, ...quiet };
    const others: readonly TaskDefinition[] = [
      { wait: { milliseconds: random.pick([1, 200, 5_000]) } },
      drawListen(random, () => this.#name()),
      { run: { shell: { command: "true" } }, metadata: { race: true } },
    ];
    const first: TaskDefinition = { wait: { milliseconds: random.pick([1, 200, 5_000]) } };
    return {
      fork: { compete: true, branches: [{ [this.#name()]: first }, { [this.#name()]: random.pick(others) }] },
      ...quiet,
    };
  }

  #call(): TaskDefinition {
    const metadata = this.#random.chance(0.15) ? { metadata: { "stigmer.delivery": "at-most-once" } } : {};
    return { call: "http", with: { method: "post", endpoint: "http://127.0.0.1/", body: "${ . }" }, ...metadata };
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
    const random = this.#random;
    const own = {
      delay: { milliseconds: random.pick([1, 100, 40_000]) },
      limit: { attempt: { count: random.between(1, 3) } },
    };
    const retry = random.chance(0.6) ? { retry: own } : {};
    const handler = random.chance(0.6) ? { do: [{ [this.#name()]: { set: { caught: true, n: 7 } } }] } : {};
    return { try: this.#list(depth + 1, { ...place, attempts: true }), catch: { ...retry, ...handler } };
  }

  /** Goes back to an earlier task until a number is reached: each visit is another call. */
  #loop(): TaskDefinition {
    const [first, call, choose] = [this.#name(), this.#name(), this.#name()];
    return {
      do: [
        { [first]: { set: { n: "${ (.n? // 0) + 1 }" } } },
        { [call]: this.#call() },
        {
          [choose]: { switch: [{ again: { when: "${ (.n? // 0) < 5 }", then: first } }, { other: { then: "exit" } }] },
        },
      ],
    } as TaskDefinition;
  }

  #switch(depth: number, place: Place): TaskList {
    const [choose, left, right] = [this.#name(), this.#name(), this.#name()];
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
    if (random.chance(0.1) && task.output === undefined) extra["output"] = { as: "${ {n: (.n? // 2), was: .} }" };
    if (random.chance(0.05) && task.timeout === undefined) extra["timeout"] = { after: { milliseconds: NEVER_MS } };
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
