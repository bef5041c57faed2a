import type { ApiClient } from "./api-client.ts";
import type { EchoService } from "./echo-service.ts";

/*
 * The runs of the torture, and the book of what was acknowledged. A `sum` only computes. An `order` waits for its event, calls a service at least once and another at most once, sleeps and
 * ends, so that each promise of docs/guarantees.md has a step that would show it broken.
 */

const ORG = "torture";
const COMMAND = "agentic.workflowexecution.v1.WorkflowExecutionCommandController";
const RUNS = "orchestration.v1.WorkflowExecutionService";

/** The kinds of run. */
export type RunKind = "sum" | "order" | "nap" | "alarm" | "chatter";

const tasks: { readonly [Kind in RunKind]: readonly object[] } = {
  sum: [{ double: { set: { id: "${ .id }", twice: "${ .number * 2 }" } } }],
  // Sleeps for the time it is given, until the moment it is given, and many times.
  nap: [{ sleep: { wait: "${ .sleep }" } }],
  alarm: [{ sleep: { wait: '${ "PT\\(([0, .due - now * 1000] | max | ceil) / 1000)S" }' } }],
  chatter: [{ talk: { for: { in: "${ [range(.steps)] }" }, do: [{ breathe: { wait: { milliseconds: 1 } } }] } }],
  order: [
    {
      paid: {
        listen: {
          to: {
            one: { with: { type: "torture.paid" }, correlate: { order: { from: ".data.id", expect: "${ .id }" } } },
          },
        },
        output: { as: "${ $input + { paid: .[0].amount } }" },
      },
    },
    {
      charge: {
        call: "http",
        with: { method: "post", endpoint: '${ .echo + "/" + .id + "/charge" }', body: {} },
        output: { as: "${ $input + { charged: .did } }" },
      },
    },
    {
      shipOnce: {
        try: [
          {
            ship: {
              call: "http",
              with: { method: "post", endpoint: '${ .echo + "/" + .id + "/ship" }', body: {} },
              metadata: { "stigmer.delivery": "at-most-once" },
              output: { as: "${ $input + { shipped: .did } }" },
            },
          },
        ],
        catch: { do: [{ unknown: { set: '${ . + { shipped: "unknown" } }' } }] },
      },
    },
    { rest: { wait: { milliseconds: 5 } } },
    { done: { set: { id: "${ .id }", paid: "${ .paid }", charged: "${ .charged }", shipped: "${ .shipped }" } } },
  ],
};

/** An execution as the API shows it, as far as it is looked at here. */
export interface Execution {
  readonly metadata: { readonly id: string };
  readonly spec: {
    readonly idempotencyKey: string;
    readonly input: { readonly number: number; readonly due?: number };
  };
  readonly status: {
    readonly runPhase: string;
    readonly result?: unknown;
    readonly error?: string;
    readonly completedAt?: string;
    readonly position?: string;
  };
}

interface BookedRun {
  readonly kind: RunKind;
  readonly key: string;
  readonly number: number;
  /** Set by the acknowledgement of its start. */
  execution?: string;
  /** Set by the acknowledgement of its event. */
  paid?: boolean;
}

/** Drives one database through any number of server processes, and knows what each acknowledged. */
export class Workload {
  readonly #echo: EchoService;
  readonly #workflows = new Map<RunKind, string>();
  readonly #runs = new Map<string, BookedRun>();
  /** Runs whose start has no answer yet: they are asked for again under the same key. */
  readonly #unanswered = new Set<BookedRun>();
  readonly #unpaid: BookedRun[] = [];
  #fresh: BookedRun[] = [];
  /** Answers with success. */
  acks = 0;

  constructor(echo: EchoService) {
    this.#echo = echo;
  }

  /** Whether the workflows are there, so that runs can be started. */
  get isDefined(): boolean {
    return this.#workflows.size > 1;
  }

  /** Runs that were asked for. */
  get size(): number {
    return this.#runs.size;
  }

  /** Orders whose event was not acknowledged. */
  get unpaid(): number {
    return this.#unpaid.length;
  }

  /** Applies the workflows. */
  async define(client: ApiClient, kinds: readonly RunKind[] = ["sum", "order"]): Promise<void> {
    for (const kind of kinds) {
      const document = { dsl: "1.0.1", namespace: "torture", name: kind, version: "1.0.0" };
      const answer = await client.call<{ metadata: { id: string } }>(
        "agentic.workflow.v1.WorkflowCommandController/apply",
        {
          ...resource("Workflow", ORG, kind),
          spec: { definition: JSON.stringify({ document, do: tasks[kind] }) },
        },
      );
      this.acks += 1;
      this.#workflows.set(kind, answer.metadata.id);
    }
  }

  /** Starts a run under a key of its own, or asks again for one that was not answered; gives its id. Rejects as the client does. */
  async start(client: ApiClient, kind: RunKind, more: object = {}): Promise<string> {
    const [again] = this.#unanswered;
    const number = this.#runs.size;
    const run = again ?? { kind, key: `${kind}-${number}`, number };
    this.#runs.set(run.key, run);
    this.#unanswered.delete(run);
    try {
      const input = { id: run.key, number: run.number, echo: this.#echo.url, ...more };
      const spec = { workflowId: this.#workflows.get(run.kind), idempotencyKey: run.key, input };
      const answer = await client.call<Execution>(`${COMMAND}/create`, { ...resource("WorkflowExecution", ORG), spec });
      this.acks += 1;
      run.execution = answer.metadata.id;
      this.#fresh.push(run);
      if (run.kind === "order") this.#unpaid.push(run);
      return run.execution;
    } catch (error) {
      this.#unanswered.add(run);
      throw error;
    }
  }

  /** Publishes the event that an acknowledged order waits for; false when none waits. Once acknowledged it is never published again. */
  async pay(client: ApiClient): Promise<boolean> {
    const run = this.#unpaid.shift();
    if (run === undefined) return false;
    try {
      const data = { id: run.key, amount: run.number };
      const event = { id: `paid-${run.key}`, source: "urn:torture", type: "torture.paid", data };
      await client.call("orchestration.v1.EventService/publish", { org: ORG, event });
      this.acks += 1;
      run.paid = true;
    } catch (error) {
      this.#unpaid.push(run);
      throw error;
    }
    return true;
  }

  /** Sees that every start acknowledged since the last look is there. Gives what is lost. */
  async lost(client: ApiClient): Promise<readonly string[]> {
    const missing = new Set(this.#fresh.map(({ key }) => key));
    this.#fresh = [];
    if (missing.size === 0) return [];
    for await (const { spec } of executions(client)) {
      missing.delete(spec.idempotencyKey);
      if (missing.size === 0) break;
    }
    return [...missing].map((key) => `the acknowledged start of ${key} is gone`);
  }

  /**
   * Answers what is open, waits until every run has ended, and gives everything that is not as promised: a run lost, made twice, ended otherwise than it should, an effect missing, doubled, or
   * under another key.
   */
  async settle(client: ApiClient, withinMs = 60_000): Promise<readonly string[]> {
    while (this.#unanswered.size > 0) await this.start(client, "sum");
    while (await this.pay(client));
    await ended(client, withinMs);
    const wrong: string[] = [];
    const found = new Set<string>();
    for await (const execution of executions(client)) {
      const { idempotencyKey: key } = execution.spec;
      const run = this.#runs.get(key);
      if (run === undefined || found.has(key)) {
        wrong.push(`${key} is there ${run === undefined ? "without having been asked for" : "twice"}`);
        continue;
      }
      found.add(key);
      wrong.push(...this.#wrongWith(run, execution));
    }
    for (const key of this.#runs.keys()) if (!found.has(key)) wrong.push(`${key} is gone`);
    return wrong;
  }

  #wrongWith(run: BookedRun, { metadata, status }: Execution): readonly string[] {
    if (run.execution !== metadata.id) return [`${run.key} was acknowledged as ${run.execution}, now ${metadata.id}`];
    if (status.runPhase !== "RUN_PHASE_COMPLETED")
      return [`${run.key} is ${status.runPhase}: ${status.error ?? "no error told"}`];
    if (run.kind !== "sum" && run.kind !== "order") return [];
    const wrong: string[] = [];
    const result = status.result as { readonly [key: string]: unknown };
    const expect = (name: string, value: unknown): void => {
      if (result[name] !== value)
        wrong.push(`${run.key} ended with ${name} ${String(result[name])}, not ${String(value)}`);
    };
    expect("id", run.key);
    if (run.kind === "sum") {
      expect("twice", run.number * 2);
      return wrong;
    }
    expect("paid", run.number);
    expect("charged", `${run.key}/charge`);
    const charge = this.#echo.seen(run.key, "charge");
    if (charge.requests < 1) wrong.push(`${run.key} was never charged`);
    if (charge.keys.size > 1) wrong.push(`${run.key} was charged under ${charge.keys.size} keys`);
    const ship = this.#echo.seen(run.key, "ship");
    if (ship.requests > 1) wrong.push(`${run.key} was shipped ${ship.requests} times, at most once was promised`);
    if (result["shipped"] !== "unknown") {
      expect("shipped", `${run.key}/ship`);
      if (ship.requests === 0) wrong.push(`${run.key} says shipped and nobody was asked`);
    }
    return wrong;
  }
}

/** Every execution of an organization, or those in some phases, newest first. */
export async function* executions(
  client: ApiClient,
  filter: { readonly org?: string; readonly phases?: readonly string[]; readonly pageSize?: number } = {},
): AsyncGenerator<Execution> {
  for (let pageToken = ""; ;) {
    const query = { org: ORG, pageSize: 500, pageToken, ...filter };
    const page = await client.call<{ executions?: Execution[]; nextPageToken?: string }>(`${RUNS}/list`, query);
    yield* page.executions ?? [];
    if ((page.nextPageToken ?? "") === "") return;
    pageToken = page.nextPageToken as string;
  }
}

/** The phases of runs that have not ended. */
export const OPEN = ["PENDING", "RUNNING", "WAITING", "SUSPENDED"].map((phase) => `RUN_PHASE_${phase}`);

/** Waits until nothing is under way, or no longer; what then is not at its end is told by its phase. */
async function ended(client: ApiClient, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const { done } = await executions(client, { phases: OPEN, pageSize: 1 }).next();
    if (done === true) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
}

/** What every resource of the API begins with. */
export function resource(kind: string, org: string, name?: string): Resource {
  const metadata = { org, ownerScope: "organization", ...(name === undefined ? {} : { name }) };
  return { apiVersion: "agentic.stigmer.ai/v1", kind, metadata };
}
