import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import type { RunRow, Store } from "../../store/ports.ts";
import { CorruptRecord, decodeFact, snapshotHolds } from "./journal-record.ts";
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

  /** The run as of its last record. Throws Unrecoverable for a fault of the run, whatever the store throws for one of the store. */
  async load(row: RunRow): Promise<RunActor> {
    try {
      const cached = this.#programs.peek(row.digest) ?? (await this.#programs.load(row.digest));
      const actor = new RunActor(row, cached);
      await this.#restore(actor);
      await this.#catchUp(actor);
      if (actor.state?.status !== row.status) {
        throw new CorruptRecord(`the journal says "${String(actor.state?.status)}" where the row says "${row.status}"`);
      }
      return actor;
    } catch (error) {
      if (error instanceof CorruptRecord || error instanceof DefinitionMissing) throw new Unrecoverable(error.message);
      throw error;
    }
  }

  async #restore(actor: RunActor): Promise<void> {
    const snapshot = await this.#store.journal.snapshot(actor.run);
    if (snapshot === undefined || snapshot.seq > actor.row.head || !snapshotHolds(snapshot)) return;
    const { memory, state } = JSON.parse(snapshot.data) as SnapshotContent;
    actor.seq = snapshot.seq;
    actor.chain = snapshot.chain;
    actor.lastAt = memory.at;
    actor.hasSecrets = memory.secrets;
    actor.state = state;
    actor.bytes += 2 * snapshot.data.length;
    this.#trackOutstanding(actor, memory.delivered, memory.started);
  }

  async #catchUp(actor: RunActor): Promise<void> {
    const from = { run: actor.run, seq: actor.seq, chain: actor.chain };
    for await (const page of verifiedRecords(this.#store.journal, from, actor.row.head)) {
      for (const record of page) {
        const fact = await decodeFact(record, this.#store.journal);
        this.#replay(actor, fact);
        actor.seq = record.seq;
        actor.chain = record.chain;
        actor.lastAt = fact.at;
        actor.tailRecords++;
        actor.tailChars += record.data.length;
      }
    }
    actor.bytes += 2 * actor.tailChars;
    const { delivered, started } = actor.memory();
    this.#trackOutstanding(actor, delivered, started);
  }

  #replay(actor: RunActor, fact: RunEvent): void {
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
