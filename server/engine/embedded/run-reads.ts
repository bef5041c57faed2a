import type { Json } from "@stigmer/core/lib/json.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { RunRow, Store } from "../../store/ports.ts";
import { ControlRefused, type HistoryEntry, type RunChange, type RunView } from "../engine.ts";
import type { Executor } from "./executor.ts";
import type { History, PastView } from "./history.ts";
import { CorruptRecord } from "./journal-record.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { Interpreter } from "./ports.ts";
import { DefinitionMissing } from "./program-cache.ts";
import type { Watches } from "./watch.ts";

/** What reading runs takes. */
export interface RunReadParts {
  readonly store: Store;
  readonly interpreter: Interpreter;
  readonly live: LiveRuns;
  readonly executor: Executor;
  readonly history: History;
  readonly watches: Watches;
}

/** All that can be asked about runs; see Engine. What is damaged is refused, with the reason. */
export class RunReads {
  readonly #parts: RunReadParts;

  constructor(parts: RunReadParts) {
    this.#parts = parts;
  }

  /** Present state; undefined for an unknown run. */
  async view(runId: string): Promise<RunView | undefined> {
    const row = await this.#parts.store.runs.get(runId);
    if (row === undefined) return undefined;
    const actor = row.status === "quarantined" ? undefined : await this.#parts.live.get(row.run);
    if (actor === undefined)
      return { row: (await this.#parts.store.runs.get(runId)) ?? row, context: null, waiting: [] };
    return new Promise((resolve) => {
      this.#parts.executor.read(actor, () => {
        const { state } = actor;
        const waiting = state === undefined ? [] : this.#parts.interpreter.waitingFor(actor.cached.program, state);
        resolve({ row: actor.row, context: frozenCopy(state?.context ?? null), waiting });
        this.#parts.live.rest(actor);
      });
    });
  }

  /** Task traces of the whole run so far. */
  async trace(runId: string): Promise<readonly TaskTrace[]> {
    const row = await this.rowOf(runId);
    return (await this.#reading(row, this.#parts.history.changeSince(row, 0))).trace;
  }

  /** Journal page from a sequence number on. */
  async history(runId: string, fromSeq: number, limit: number): Promise<readonly HistoryEntry[]> {
    const row = await this.rowOf(runId);
    return this.#reading(row, this.#parts.history.page(row, fromSeq, limit));
  }

  /** State after a journal position. */
  async stateAt(runId: string, seq: number): Promise<PastView | undefined> {
    const row = await this.#parts.store.runs.get(runId);
    return row === undefined ? undefined : this.#reading(row, this.#parts.history.stateAt(row, seq));
  }

  /** Changes after a position, to the end of the run. */
  async *watch(runId: string, fromPosition: number, signal: AbortSignal): AsyncGenerator<RunChange> {
    const { run } = await this.rowOf(runId);
    yield* this.#parts.watches.watch(run, fromPosition, signal, async (position) => {
      const row = await this.#parts.store.runs.byKey(run);
      return row === undefined ? undefined : this.#reading(row, this.#parts.history.changeSince(row, position));
    });
  }

  /** The row of the run once it has ended. */
  async ended(runId: string, signal: AbortSignal): Promise<RunRow | undefined> {
    const { run } = await this.rowOf(runId);
    return this.#parts.watches.ended(run, signal, () => this.#parts.store.runs.byKey(run));
  }

  /** The row of a run. Rejects with ControlRefused where there is none. */
  async rowOf(runId: string): Promise<RunRow> {
    const row = await this.#parts.store.runs.get(runId);
    if (row === undefined)
      throw new ControlRefused(
        "missing",
        `Cannot find run "${runId}": there is none, its id should be that of a run that has not been removed`,
      );
    return row;
  }

  /** A reader that comes upon a corrupt record is told so; a run that is not over is quarantined as it would be at the next start. */
  async #reading<Result>(row: RunRow, result: Promise<Result>): Promise<Result> {
    try {
      return await result;
    } catch (error) {
      if (!(error instanceof CorruptRecord || error instanceof DefinitionMissing)) throw error;
      if (row.endedAt === undefined && row.status !== "quarantined")
        await this.#parts.executor.quarantine(row.run, error.message);
      throw new ControlRefused("damaged", `Cannot read the history of run "${row.id}": ${error.message}`);
    }
  }
}

/** A view outlives the state it was taken from, which the interpreter owns and may change in place. */
function frozenCopy(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
