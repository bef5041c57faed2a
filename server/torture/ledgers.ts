import type { ApiClient } from "./api-client.ts";
import { type Execution, executions, resource } from "./workload.ts";

/*
 * Ledgers: runs that take events until they are told that they are closed, and end with what they took. A publication has many events, each of them a fact in a run's journal that is acknowledged
 * by its own result, so millions of acknowledgements are made and checked in minutes. A run counts what reached it: its position after each start, its output in the end.
 */

const ORG = "torture-ledgers";
const EVENTS = "orchestration.v1.EventService";
/** Events of one publication. */
const BATCH = 500;
/** Events after which a ledger is closed: its state holds them all. */
const ENTRIES_MAX = 6_000;

const ofThisLedger = (type: string): object => ({
  with: { type },
  correlate: { ledger: { from: ".data.ledger", expect: "${ .id }" } },
});
const definition = {
  document: { dsl: "1.0.1", namespace: "torture", name: "ledger", version: "1.0.0" },
  do: [
    {
      entries: {
        listen: { to: { any: [ofThisLedger("torture.entry")], until: { one: ofThisLedger("torture.closed") } } },
        output: {
          as: "${ { entries: length, different: (map(.entry) | unique | length), last: (map(.entry) | max) } }",
        },
      },
    },
  ],
};

interface Ledger {
  readonly key: string;
  /** Set by the acknowledgement of its start. */
  execution?: string;
  /** Events that were acknowledged. */
  acked: number;
  /** Events that were sent, acknowledged or not. */
  sent: number;
  /** Set when it was told to close, acknowledged or not: nothing more is sent to it. */
  closing: boolean;
  /** Set by the acknowledgement of its closing. */
  closed: boolean;
}

/** The book of the ledgers of one database. Each caller of `write` has a ledger for itself meanwhile. */
export class Ledgers {
  #workflow = "";
  readonly #all = new Map<string, Ledger>();
  /** Those that nobody writes to. */
  readonly #free: Ledger[] = [];
  readonly #open = new Set<Ledger>();
  /** Events acknowledged. */
  acks = 0;
  /** Requests answered with success. */
  answers = 0;

  /** Ledgers that were asked for. */
  get size(): number {
    return this.#all.size;
  }

  /** Applies the workflow. */
  async define(client: ApiClient): Promise<void> {
    const spec = { definition: JSON.stringify(definition) };
    const message = { ...resource("Workflow", ORG, "ledger"), spec };
    const answer = await client.call<Execution>("agentic.workflow.v1.WorkflowCommandController/apply", message);
    this.#workflow = answer.metadata.id;
  }

  /** One request: starts a ledger, publishes events to it, or closes it. What was not answered is asked again. Rejects as the client does. */
  async write(client: ApiClient): Promise<void> {
    const ledger = this.#free.pop() ?? this.#opened();
    try {
      if (ledger.execution === undefined) ledger.execution = await this.#start(client, ledger);
      else if (ledger.closing || ledger.acked >= ENTRIES_MAX) await this.#close(client, ledger);
      else await this.#publish(client, ledger);
      this.answers += 1;
    } finally {
      if (!ledger.closed) this.#free.push(ledger);
    }
  }

  /** Sees that every open ledger has what was acknowledged, and nothing that was not sent. */
  async lost(client: ApiClient): Promise<readonly string[]> {
    const open = [...this.#open].filter(({ execution }) => execution !== undefined);
    const found = new Map<string, Execution>();
    if (open.length > 0)
      for await (const execution of executions(client, { org: ORG })) {
        found.set(execution.spec.idempotencyKey, execution);
        if (open.every(({ key }) => found.has(key))) break;
      }
    const wrong: string[] = [];
    for (const { key, acked, sent, closing } of open) {
      const execution = found.get(key);
      if (execution === undefined) {
        wrong.push(`the acknowledged start of ${key} is gone`);
        continue;
      }
      // One fact is its start; another, where it was asked for, its end.
      const entries = Number(execution.status.position ?? "0") - 1;
      if (entries < acked || entries > sent + (closing ? 1 : 0))
        wrong.push(`${key} has ${entries} events; ${acked} were acknowledged, ${sent} sent`);
    }
    return wrong;
  }

  /** Closes what is open and gives everything that is not as promised: an event lost or taken twice, a ledger that did not end. */
  async settle(client: ApiClient): Promise<readonly string[]> {
    while (this.#open.size > 0) {
      for (const ledger of this.#open) if (ledger.acked === ledger.sent) ledger.closing = true;
      await this.write(client);
    }
    const wrong: string[] = [];
    const missing = new Set(this.#all.keys());
    for await (const { metadata, spec, status } of executions(client, { org: ORG })) {
      const ledger = this.#all.get(spec.idempotencyKey);
      if (ledger === undefined || !missing.delete(ledger.key) || ledger.execution !== metadata.id) {
        wrong.push(`${spec.idempotencyKey} is there twice, or without having been asked for`);
        continue;
      }
      const { key, acked } = ledger;
      const result = JSON.stringify(status.result);
      const expected = JSON.stringify({ entries: acked, different: acked, last: acked === 0 ? null : acked - 1 });
      if (status.runPhase !== "RUN_PHASE_COMPLETED")
        wrong.push(`${key} is ${status.runPhase}: ${status.error ?? "no error told"}`);
      else if (result !== expected) wrong.push(`${key} ended with ${result}, not ${expected}`);
    }
    for (const key of missing) wrong.push(`${key} is gone`);
    return wrong;
  }

  #opened(): Ledger {
    const key = `ledger-${this.#all.size}`;
    const ledger: Ledger = { key, acked: 0, sent: 0, closing: false, closed: false };
    this.#all.set(key, ledger);
    this.#open.add(ledger);
    return ledger;
  }

  async #start(client: ApiClient, { key }: Ledger): Promise<string> {
    const spec = { workflowId: this.#workflow, idempotencyKey: key, input: { id: key } };
    const message = { ...resource("WorkflowExecution", ORG), spec };
    const method = "agentic.workflowexecution.v1.WorkflowExecutionCommandController/create";
    const answer = await client.call<Execution>(method, message);
    this.acks += 1;
    return answer.metadata.id;
  }

  /** Sends the next events, or again those that were not answered: the same identities. */
  async #publish(client: ApiClient, ledger: Ledger): Promise<void> {
    ledger.sent = ledger.acked + BATCH;
    const events = Array.from({ length: BATCH }, (_, index) => {
      const entry = ledger.acked + index;
      const data = { ledger: ledger.key, entry };
      return { id: `${ledger.key}-${entry}`, source: "urn:torture", type: "torture.entry", data };
    });
    const { results } = await client.call<{ results: object[] }>(`${EVENTS}/publishBatch`, { org: ORG, events });
    ledger.acked += results.length;
    this.acks += results.length;
  }

  async #close(client: ApiClient, ledger: Ledger): Promise<void> {
    ledger.closing = true;
    const data = { ledger: ledger.key };
    const event = { id: `${ledger.key}-closed`, source: "urn:torture", type: "torture.closed", data };
    await client.call(`${EVENTS}/publish`, { org: ORG, event });
    this.acks += 1;
    ledger.closed = true;
    this.#open.delete(ledger);
  }
}
