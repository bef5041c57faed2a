import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import type { JournalRecord, JournalTail, RunRow, SnapshotRow, Store } from "../../store/ports.ts";
import { CorruptRecord, decodeFact, decodeInline, snapshotHolds, verifyRecord } from "./journal-record.ts";
import type { Interpreter } from "./ports.ts";
import { DefinitionMissing, type ProgramCache } from "./program-cache.ts";
import { verifiedRecords } from "./replay.ts";
import { RunActor } from "./run-actor.ts";
import type { SnapshotContent } from "./snapshot.ts";

/** A run that can not be brought back as it was; its row says why from now on. */
export class Unrecoverable extends Error {
  override readonly name = "Unrecoverable";
}

/** Brings runs back into memory: the last snapshot that holds, and the verified records after it. A snapshot that does not hold costs time, not the run: the journal is complete. */
export class RunLoader {
  readonly #store: Store;
  readonly #programs: ProgramCache;
  readonly #interpreter: Interpreter;

  constructor(store: Store, programs: ProgramCache, interpreter: Interpreter) {
    this.#store = store;
    this.#programs = programs;
    this.#interpreter = interpreter;
  }

  /**
   * The run as of its last record from what was read already; undefined when that is not all it takes: a definition that is not at hand, a long tail, large values, a snapshot that does not hold.
   * Throws Unrecoverable.
   */
  loadFrom(row: RunRow, { snapshot, records }: JournalTail): RunActor | undefined {
    const cached = this.#programs.peek(row.digest);
    if (cached === undefined || (snapshot !== undefined && !isUsable(snapshot, row))) return undefined;
    if ((snapshot?.seq ?? 0) + records.length < row.head) return undefined;
    try {
      const actor = new RunActor(row, cached);
      if (snapshot !== undefined) this.#restore(actor, snapshot);
      for (const record of records) {
        if (actor.seq === row.head) break;
        verifyRecord(record, actor);
        const fact = decodeInline(record);
        if (fact === undefined) return undefined;
        this.#replay(actor, record, fact);
      }
      return this.#caughtUp(actor);
    } catch (error) {
      throw asUnrecoverable(error);
    }
  }

  /** The run as of its last record. Throws Unrecoverable for a fault of the run, whatever the store throws for one of the store. */
  async load(row: RunRow): Promise<RunActor> {
    try {
      const cached = this.#programs.peek(row.digest) ?? (await this.#programs.load(row.digest));
      const actor = new RunActor(row, cached);
      const snapshot = await this.#store.journal.snapshot(row.run);
      if (snapshot !== undefined && isUsable(snapshot, row)) this.#restore(actor, snapshot);
      const from = { run: actor.run, seq: actor.seq, chain: actor.chain };
      for await (const page of verifiedRecords(this.#store.journal, from, row.head))
        for (const record of page) this.#replay(actor, record, await decodeFact(record, this.#store.journal));
      return this.#caughtUp(actor);
    } catch (error) {
      throw asUnrecoverable(error);
    }
  }

  #restore(actor: RunActor, snapshot: SnapshotRow): void {
    const { memory, state } = JSON.parse(snapshot.data) as SnapshotContent;
    actor.seq = snapshot.seq;
    actor.chain = snapshot.chain;
    actor.lastAt = memory.at;
    actor.hasSecrets = memory.secrets;
    actor.state = state;
    actor.bytes += 2 * snapshot.data.length;
    this.#trackOutstanding(actor, memory.delivered, memory.started);
  }

  #caughtUp(actor: RunActor): RunActor {
    actor.bytes += 2 * actor.tailChars;
    const { delivered, started } = actor.memory();
    this.#trackOutstanding(actor, delivered, started);
    const { row, state } = actor;
    if (state?.status !== row.status)
      throw new CorruptRecord(`the journal says "${String(state?.status)}" where the row says "${row.status}"`);
    return actor;
  }

  #replay(actor: RunActor, record: JournalRecord, fact: RunEvent): void {
    actor.answered(fact);
    let result;
    try {
      result = this.#interpreter.step(actor.cached.program, actor.state, fact);
    } catch (error) {
      throw new CorruptRecord(
        `replaying record ${String(actor.seq + 1)} fails: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    actor.state = result.state;
    for (const command of result.commands) actor.track(command);
    actor.seq = record.seq;
    actor.chain = record.chain;
    actor.lastAt = fact.at;
    actor.tailRecords++;
    actor.tailChars += record.data.length;
  }

  /** What the state says is under way replaces what the replayed commands added up to; what only the engine knows is kept for what is still there. */
  #trackOutstanding(
    actor: RunActor,
    delivered: { readonly [id: string]: readonly string[] },
    started: readonly number[],
  ): void {
    const state = actor.state;
    if (state === undefined) return;
    for (const map of [actor.timers, actor.activities, actor.children, actor.subscriptions, actor.sources]) map.clear();
    actor.yielded = false;
    for (const command of this.#interpreter.outstanding(actor.cached.program, state)) actor.track(command);
    for (const id of started) {
      const child = actor.children.get(id);
      if (child !== undefined) child.started = true;
    }
    for (const [id, identities] of Object.entries(delivered)) {
      const known = actor.subscriptions.get(Number(id));
      for (const identity of identities) known?.add(identity);
    }
  }
}

function isUsable(snapshot: SnapshotRow, row: RunRow): boolean {
  return snapshot.seq <= row.head && snapshotHolds(snapshot);
}

function asUnrecoverable(error: unknown): unknown {
  return error instanceof CorruptRecord || error instanceof DefinitionMissing
    ? new Unrecoverable(error.message)
    : error;
}
