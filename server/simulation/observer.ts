import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { type Fault, standardFault } from "@stigmer/core/protocol/fault.ts";
import { isTerminal } from "@stigmer/core/protocol/state.ts";
import type { ActivityContext } from "../activities/activity.ts";
import { CHAIN_START, nextChain } from "../engine/embedded/journal-record.ts";
import type { Interpreter, RunProgram } from "../engine/embedded/ports.ts";
import type { MemoryStore } from "../store/memory/memory-store.ts";
import {
  type JournalRecord,
  type RunRow,
  type Store,
  StoreUnavailable,
  type SubscriptionRow,
  type Write,
} from "../store/ports.ts";
import { eventIdentity } from "../events/event-identity.ts";
import type { Random } from "./random.ts";
import { CANARY } from "./canary.ts";
import type { World } from "./world.ts";

/** What is known of a run's journal: its facts as they became durable. */
interface Known {
  seq: number;
  chain: string;
  version: number;
  digest: string;
  readonly answered: Set<string>;
  readonly timersDue: Map<number, number>;
}

/** The world's memory outside the server: sees every durable write and every call, and says when a promise is broken. The numbers are the invariants of the project's reliability notes. */
export class Observer {
  readonly interpreter: Interpreter;
  /** Runs whose journal was changed behind the server's back: they must be quarantined or right, never wrong. */
  readonly flipped = new Set<number>();
  readonly quarantinedRuns = new Map<number, string>();
  /** Runs with a fact that only a crash can explain (outcome unknown): their result is not the oracle's. */
  readonly unknownOutcome = new Set<number>();
  hash = 0;
  readonly #world: World;
  readonly #known = new Map<number, Known>();
  readonly #keys = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  readonly #atMostOnce = new Set<string>();
  readonly #rows = new Map<number, number>();

  constructor(world: World, interpreter: Interpreter) {
    this.#world = world;
    this.interpreter = this.#listening(interpreter);
  }

  #violation(text: string): void {
    this.#world.violation(text);
  }

  /** The interpreter, with activity commands noted by their idempotency keys: calls carry the key, journal records the id. */
  #listening(inner: Interpreter): Interpreter {
    // Compiling is pure and every process compiles anew: doing it once for each world saves a seventh of the time.
    const programs = new Map<WorkflowDocument, RunProgram>();
    return {
      compile: (document, digest) => {
        const program = programs.get(document) ?? inner.compile(document, digest);
        programs.set(document, program);
        return program;
      },
      waitingFor: inner.waitingFor.bind(inner),
      checkControl: inner.checkControl.bind(inner),
      outstanding: inner.outstanding.bind(inner),
      step: (program, state, event) => {
        const result = inner.step(program, state, event);
        for (const command of result.commands) {
          if (command.type !== "startActivity") continue;
          const call = callName(command);
          this.#keys.set(call, command.id);
          if (command.delivery === "at-most-once") this.#atMostOnce.add(call);
        }
        return result;
      },
    };
  }

  /** The store, with every batch looked at once it is durable and acknowledged. */
  observed(store: MemoryStore): Store {
    const { resources, definitions, runs, journal, timers, subscriptions, records } = store;
    const commit = async (batch: readonly Write[]): Promise<void> => {
      this.#lookForSecrets(batch);
      await store.commit(batch);
      for (const write of batch) this.#durable(write);
    };
    return {
      resources,
      definitions,
      runs,
      journal,
      timers,
      subscriptions,
      records,
      commit,
      health: () => store.health(),
      close: () => store.close(),
    };
  }

  #lookForSecrets(batch: readonly Write[]): void {
    for (const write of batch) {
      const text = textOf(write);
      if (text.includes(CANARY)) this.#violation(`I13: a secret is in a write of ${write.op}`);
    }
  }

  #durable(write: Write): void {
    if (write.op === "append") this.#appended(write.record);
    else if (write.op === "putTimer") this.#of(write.row.run).timersDue.set(write.row.id, write.row.dueAt);
    else if (write.op === "putRun") this.#started(write.row);
  }

  #started(row: RunRow): void {
    const known = this.#of(row.run);
    if (known.digest !== "" && known.digest !== row.digest)
      this.#violation(`I12: run ${row.id} changed its definition`);
    known.digest = row.digest;
  }

  #of(run: number): Known {
    let known = this.#known.get(run);
    if (known === undefined) {
      known = { seq: 0, chain: CHAIN_START, version: 0, digest: "", answered: new Set(), timersDue: new Map() };
      this.#known.set(run, known);
    }
    return known;
  }

  /** I2, I3, I8, I11: each record follows the one before, says nothing twice, and no timer is early. */
  #appended(record: JournalRecord): void {
    const known = this.#of(record.run);
    if (record.seq <= known.seq) return;
    // Of a damaged run only what came acknowledged is known, not all that came before.
    const whole = !this.flipped.has(record.run);
    if (whole && (record.seq !== known.seq + 1 || nextChain(known.chain, record.data) !== record.chain))
      this.#violation(`I11: run ${String(record.run)} record ${String(record.seq)} does not follow`);
    known.seq = record.seq;
    known.chain = record.chain;
    this.hash = (Math.imul(this.hash, 31) + record.crc) | 0;
    const fact = JSON.parse(record.data) as RunEvent;
    const name = nameOf(fact);
    this.#world.tell(`run ${String(record.run)} #${String(record.seq)} ${fact.type} ${name ?? ""}`);
    if (name !== undefined) {
      if (known.answered.has(name)) this.#violation(`I3: run ${String(record.run)} records ${name} twice`);
      known.answered.add(name);
    }
    // A fault in the blob table (tiny inline limit) may be an unknown outcome too.
    const fault = fact.type === "activityFailed" ? (fact.fault as Fault | undefined) : standardFault("runtime", "none");
    if (fault === undefined || fault.title === "Outcome unknown") this.unknownOutcome.add(record.run);
    if (fact.type !== "timerFired") return;
    const dueAt = known.timersDue.get(fact.id);
    if (dueAt !== undefined && fact.at < dueAt)
      this.#violation(`I8: run ${String(record.run)} timer ${String(fact.id)} is early by its own time`);
    if (dueAt !== undefined && this.#world.swarm.clockJump === 0 && this.#world.time.nowMs() < dueAt)
      this.#violation(`I8: run ${String(record.run)} timer ${String(fact.id)} fired early`);
  }

  /** I5 and at-most-once: nothing is called whose result is recorded. */
  activityCalled(context: ActivityContext): void {
    const key = callName(context);
    this.#world.tell(`call ${key}`);
    const id = this.#keys.get(key);
    const counted = `${key} ${String(id)}`;
    const calls = (this.#calls.get(counted) ?? 0) + 1;
    this.#calls.set(counted, calls);
    if (calls > 1 && this.#atMostOnce.has(key))
      this.#violation(`at-most-once: ${key} is called ${String(calls)} times`);
    if (calls > 1 + this.#world.crashes)
      this.#violation(`I5: ${key} is called ${String(calls)} times over ${String(this.#world.crashes)} crashes`);
    for (const [run, known] of this.#known) {
      if (id !== undefined && known.answered.has(`activity ${String(id)}`) && this.#runIds.get(context.runId) === run)
        this.#violation(`I5: ${key} is called after its result was recorded`);
    }
  }

  readonly #runIds = new Map<string, number>();

  /** I9: what a client is shown never goes back. */
  ackedRow(row: RunRow): void {
    this.#runIds.set(row.id, row.run);
    const seen = this.#rows.get(row.run) ?? 0;
    if (row.version < seen)
      this.#violation(`I9: run ${row.id} went back from version ${String(seen)} to ${String(row.version)}`);
    this.#rows.set(row.run, row.version);
  }

  /** I1, I2, I9: what was durable is there after a crash. What became durable unheard is learned. */
  async atBoot(): Promise<void> {
    const { store } = this.#world;
    for (const { id, run } of this.#world.acked.values()) {
      const row = await store.runs.get(id);
      if (row === undefined) this.#violation(`I1: acked run ${id} is gone`);
      else if (row.version < (this.#rows.get(run) ?? 0)) this.#violation(`I9: run ${id} lost an acknowledged version`);
    }
    const last = await store.runs.lastKey();
    for (let run = 1; run <= last; run++) await this.#reread(run, store);
  }

  async #reread(run: number, store: Store): Promise<void> {
    const row = await store.runs.byKey(run);
    const known = this.#of(run);
    if (row === undefined) {
      if (known.seq > 0) this.#violation(`I2: run ${String(run)} is gone`);
      return;
    }
    this.#started(row);
    if (row.head < known.seq)
      this.#violation(`I2: run ${row.id} shrank from ${String(known.seq)} to ${String(row.head)}`);
    if (this.flipped.has(run)) {
      this.#learnUnknown(await store.journal.read(run, 1, 100_000));
      return;
    }
    const records = await store.journal.read(run, 1, 100_000);
    if (records.length !== row.head)
      this.#violation(`I2: run ${row.id} has ${String(records.length)} records where its head is ${String(row.head)}`);
    const at = records[known.seq - 1];
    if (known.seq > 0 && at?.chain !== known.chain) this.#violation(`I2: the history of run ${row.id} was rewritten`);
    for (const record of records.slice(known.seq)) this.#appended(record);
  }

  /** Of a damaged run only this is learned: whether an outcome in it is unknown. */
  #learnUnknown(records: readonly JournalRecord[]): void {
    for (const { run, data } of records) if (data.includes("Outcome unknown")) this.unknownOutcome.add(run);
  }

  /** Changes one record on the disk, as a flipped bit would. */
  flipBit(store: MemoryStore, random: Random): void {
    const runs = [...this.#known].filter(([, { seq }]) => seq > 0);
    if (runs.length === 0) return;
    const [run, { seq }] = random.pick(runs);
    const at = random.between(1, seq);
    this.flipped.add(run);
    store.tamperJournal(run, at, `{"type":"continued","at":${String(at)}}`);
  }

  /** Subscriptions that an event published now must reach. */
  async listeners(type: string): Promise<readonly SubscriptionRow[]> {
    const { store } = this.#world;
    const last = await store.runs.lastKey();
    const rows: SubscriptionRow[] = [];
    for (let run = 1; run <= last; run++) rows.push(...(await store.subscriptions.byRun(run)));
    return rows.filter(
      ({ run, filters }) =>
        filters.includes(JSON.stringify(type)) && !this.quarantinedRuns.has(run) && !this.flipped.has(run),
    );
  }

  /** An acknowledged event is in the journal of everybody who listened when it was published, unless they have stopped listening meanwhile. */
  async delivered(listeners: readonly SubscriptionRow[], event: JsonObject): Promise<void> {
    if (this.#world.swarm.options.inlineCharsMax !== 65_536) return;
    for (const { run, id } of listeners) {
      const name = eventName(id, event);
      if (name === undefined || this.#of(run).answered.has(name)) continue;
      const still = await this.#world.store.subscriptions.byRun(run);
      if (still.some((row) => row.id === id) && !this.quarantinedRuns.has(run))
        this.#violation(`event: run ${String(run)} was not given ${String(event["id"])}, which was acknowledged`);
    }
  }

  quarantined(run: number, reason: string): void {
    this.quarantinedRuns.set(run, reason);
    if (!this.flipped.has(run)) this.#violation(`run ${String(run)} is quarantined without cause: ${reason}`);
  }

  warned(message: string, error: unknown): void {
    if (error instanceof StoreUnavailable) return;
    this.#violation(
      `unexpected: ${message}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  /** Whether the row says that the run has come to its end. */
  static ended(row: RunRow): boolean {
    return row.status === "quarantined" || isTerminal(row.status);
  }
}

/** The text of a write, whatever part of it a secret could be in. */
function textOf(write: Write): string {
  if (write.op === "append") return write.record.data;
  if (write.op === "putSnapshot") return write.row.data;
  return write.op === "putBlob" ? Buffer.from(write.data).toString() : JSON.stringify(write);
}

/** One attempt at an activity: its idempotency key is the same for all of them. */
function callName({ idempotencyKey, task }: Pick<ActivityContext, "idempotencyKey" | "task">): string {
  return `${idempotencyKey} ${String(task.attempt)}`;
}

/** Undefined for an event in the blob table, which is not looked into. */
function eventName(id: number, event: JsonObject | undefined): string | undefined {
  return event === undefined ? undefined : `event ${String(id)} ${eventIdentity(event) ?? ""}`;
}

/** What a fact answers, where it may be answered only once. */
function nameOf(fact: RunEvent): string | undefined {
  switch (fact.type) {
    case "started":
      return "started";
    case "activityCompleted":
    case "activityFailed":
      return `activity ${String(fact.id)}`;
    case "timerFired":
      return `timer ${String(fact.id)}`;
    case "childStarted":
      return `child start ${String(fact.id)}`;
    case "childCompleted":
    case "childFailed":
      return `child ${String(fact.id)}`;
    case "eventDelivered":
      return eventName(fact.id, fact.event as JsonObject | undefined);
    default:
      return undefined;
  }
}
