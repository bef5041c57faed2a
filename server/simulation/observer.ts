import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { isTerminal } from "@stigmer/core/protocol/state.ts";
import { nextChain } from "../engine/embedded/journal-record.ts";
import { ControlRefused } from "../engine/engine.ts";
import { eventIdentity } from "../events/event-identity.ts";
import type { MemoryStore } from "../store/memory/memory-store.ts";
import { type JournalRecord, type RunRow, type Store, StoreUnavailable, type Write } from "../store/ports.ts";
import { CANARY } from "./canary.ts";
import { Damage } from "./damage.ts";
import { type Known, KnownRuns } from "./known-runs.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** The world's memory outside the server: sees every durable write, and says when a promise is broken. The numbers are the invariants of the project's reliability notes. */
export class Observer {
  readonly damage = new Damage();
  readonly runs = new KnownRuns();
  readonly quarantinedRuns = new Map<number, string>();
  hash = 0;
  readonly #world: World;
  readonly #versions = new Map<number, number>();

  constructor(world: World) {
    this.#world = world;
  }

  #violation(text: string): void {
    this.#world.violation(text);
  }

  /** The store, with every batch looked at before it is written and once it is durable and acknowledged. */
  observed(store: MemoryStore): Store {
    const { resources, definitions, runs, journal, timers, subscriptions, records } = store;
    const commit = async (batch: readonly Write[]): Promise<void> => {
      for (const write of batch) {
        if (textOf(write).includes(CANARY)) this.#violation(`I13: a secret is in a write of ${write.op}`);
        this.runs.attempted(write);
      }
      await store.commit(batch);
      for (const write of batch) {
        if (write.op === "append") this.#appended(write.record, true);
        else if (write.op === "putRun") this.#pinned(write.row);
      }
    };
    const readers = { resources, definitions, runs, journal, timers, subscriptions, records };
    return { ...readers, commit, health: () => store.health(), close: () => store.close() };
  }

  /** I12: a run keeps the definition it began with. */
  #pinned(row: RunRow): void {
    const known = this.runs.of(row.run);
    if (known.digest !== "" && known.digest !== row.digest)
      this.#violation(`I12: run ${row.id} changed its definition`);
    known.digest = row.digest;
  }

  /** I2, I3, I8, I11: each record follows the one before, says nothing twice, and no timer is early. */
  #appended(record: JournalRecord, heard: boolean): void {
    const known = this.runs.of(record.run);
    if (record.seq <= known.records.length) return;
    if (record.seq !== known.records.length + 1 || nextChain(known.chain, record.data) !== record.chain)
      this.#violation(`I11: run ${String(record.run)} record ${String(record.seq)} does not follow`);
    known.records.push(record);
    known.chain = record.chain;
    this.hash = (Math.imul(this.hash, 31) + record.crc) | 0;
    const fact = this.runs.fact(record);
    const name = nameOf(fact);
    this.#world.tell(`run ${String(record.run)} #${String(record.seq)} ${fact.type} ${name ?? ""}`);
    if (name !== undefined) {
      if (known.answered.has(name)) this.#violation(`I3: run ${String(record.run)} records ${name} twice`);
      known.answered.add(name);
    }
    if (fact.type === "retried") known.retried = true;
    this.#world.calls.recorded(record.run, fact);
    if (fact.type === "timerFired") this.#fired(record.run, known, fact, heard);
  }

  /** I8: by the time of the fact, and by the time of the process that recorded it. */
  #fired(run: number, known: Known, { id, at }: Extract<RunEvent, { type: "timerFired" }>, heard: boolean): void {
    const dueAt = known.timersDue.get(id);
    if (dueAt === undefined)
      return this.#violation(`I8: run ${String(run)} timer ${String(id)} fired without being set`);
    if (at < dueAt) this.#violation(`I8: run ${String(run)} timer ${String(id)} is early by its own time`);
    // What nobody heard of became known in a later process, whose clock may have jumped back.
    if (heard && this.#world.steadyNow() < dueAt)
      this.#violation(`I8: run ${String(run)} timer ${String(id)} fired early`);
  }

  /** I9: what a client is shown never goes back. */
  ackedRow(row: RunRow): void {
    const seen = this.#versions.get(row.run) ?? 0;
    if (row.version < seen)
      this.#violation(`I9: run ${row.id} went back from version ${String(seen)} to ${String(row.version)}`);
    this.#versions.set(row.run, row.version);
  }

  /** I1, I2, I9: what was durable is there after a crash. What became durable unheard is learned. */
  async atBoot(): Promise<void> {
    const { store } = this.#world;
    for (const { id, run } of this.#world.acked.values()) {
      const row = await store.runs.get(id);
      if (row === undefined) this.#violation(`I1: acked run ${id} is gone`);
      else if (row.version < (this.#versions.get(run) ?? 0))
        this.#violation(`I9: run ${id} lost an acknowledged version`);
    }
    const last = await store.runs.lastKey();
    for (let run = 1; run <= last; run++) await this.#reread(run, store);
  }

  async #reread(run: number, store: Store): Promise<void> {
    const row = await store.runs.byKey(run);
    const known = this.runs.of(run);
    if (row === undefined) {
      if (known.records.length > 0) this.#violation(`I2: run ${String(run)} is gone`);
      return;
    }
    this.#pinned(row);
    const records = await this.damage.repairing(store.journal).read(run, 1, 100_000);
    if (row.head < known.records.length)
      this.#violation(`I2: run ${row.id} shrank from ${String(known.records.length)} to ${String(row.head)}`);
    if (records.length !== row.head)
      this.#violation(`I2: run ${row.id} has ${String(records.length)} records where its head is ${String(row.head)}`);
    for (const [index, { chain, data }] of known.records.entries()) {
      if (records[index]?.chain !== chain || records[index].data !== data)
        this.#violation(`I2: record ${String(index + 1)} of run ${row.id} was rewritten`);
    }
    for (const record of records.slice(known.records.length)) this.#appended(record, false);
  }

  /** Changes one record on the disk, as a flipped bit would. */
  flipBit(store: MemoryStore, random: Random): void {
    const records = [...this.runs.all()].flatMap((known) => known.records);
    if (records.length > 0) this.damage.tamper(store, random.pick(records));
  }

  /** What the engine says when it comes upon a damaged record: the only reason to refuse a history. */
  explains(runId: string, error: unknown): boolean {
    const run = this.runs.keyOf(runId);
    return (
      error instanceof ControlRefused &&
      error.message.startsWith("Cannot read the history of run") &&
      run !== undefined &&
      this.damage.has(run)
    );
  }

  quarantined(run: number, reason: string): void {
    this.quarantinedRuns.set(run, reason);
    if (!this.damage.has(run)) this.#violation(`run ${String(run)} is quarantined without cause: ${reason}`);
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

/** Name of an event as a subscription is given it. */
export function deliveryName(subscription: number, event: JsonObject): string {
  return `event ${String(subscription)} ${eventIdentity(event) ?? ""}`;
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
      return deliveryName(fact.id, fact.event);
    default:
      return undefined;
  }
}
