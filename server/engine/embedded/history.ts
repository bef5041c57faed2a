import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { RunHeader } from "@stigmer/core/protocol/state.ts";
import { isTerminal } from "@stigmer/core/protocol/state.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { RunRow, Store } from "../../store/ports.ts";
import type { HistoryEntry, RunChange, RunView } from "../engine.ts";
import type { Interpreter } from "./ports.ts";
import type { ProgramCache } from "./program-cache.ts";
import { replayRun } from "./replay.ts";

/** A state of the past, with everything that led to it. */
export type PastView = RunView & { readonly trace: readonly TaskTrace[] };

/** What a run went through, read from its journal: pages of facts, states at any position, traces. Nothing of it is kept in memory. */
export class History {
  readonly #store: Store;
  readonly #programs: ProgramCache;
  readonly #interpreter: Interpreter;

  constructor(store: Store, programs: ProgramCache, interpreter: Interpreter) {
    this.#store = store;
    this.#programs = programs;
    this.#interpreter = interpreter;
  }

  /** Facts from a sequence number on, each with its trace. The whole journal before them is replayed and checked: a reader is told of damage, never shown it. Throws CorruptRecord. */
  async page(row: RunRow, fromSeq: number, limit: number): Promise<readonly HistoryEntry[]> {
    const first = Math.max(1, fromSeq);
    const until = Math.min(row.head, first + limit - 1);
    if (until < first) return [];
    const { journal } = this.#store;
    const { program } = await this.#programs.load(row.digest);
    const entries: HistoryEntry[] = [];
    for await (const { record, fact, trace } of replayRun(journal, this.#interpreter, program, row.run, until)) {
      if (record.seq >= first)
        entries.push({ seq: record.seq, at: fact.at, fact: fact as unknown as JsonObject, trace });
    }
    return entries;
  }

  /** The run as it was after record `seq`; undefined for a position it has not reached. */
  async stateAt(row: RunRow, seq: number): Promise<PastView | undefined> {
    if (seq < 1 || seq > row.head) return undefined;
    const { program } = await this.#programs.load(row.digest);
    const trace: TaskTrace[] = [];
    let state: RunHeader | undefined;
    for await (const replayed of replayRun(this.#store.journal, this.#interpreter, program, row.run, seq)) {
      state = replayed.state;
      trace.push(...replayed.trace);
    }
    if (state === undefined) return undefined;
    return {
      row: rowAt(row, state, seq),
      context: state.context,
      waiting: this.#interpreter.waitingFor(program, state),
      trace,
    };
  }

  /** Everything that happened after a position up to now, as one change. */
  async changeSince(row: RunRow, position: number): Promise<RunChange> {
    const trace: TaskTrace[] = [];
    if (row.status !== "quarantined" && position < row.head) {
      const { program } = await this.#programs.load(row.digest);
      for await (const replayed of replayRun(this.#store.journal, this.#interpreter, program, row.run, row.head)) {
        if (replayed.record.seq > position) trace.push(...replayed.trace);
      }
    }
    return { position: row.head, row, trace };
  }
}

function rowAt(row: RunRow, state: RunHeader, seq: number): RunRow {
  const { output: _output, fault: _fault, endedAt: _endedAt, ...rest } = row;
  return {
    ...rest,
    status: state.status,
    head: seq,
    ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
    ...(isTerminal(state.status) && state.endedAt !== undefined ? { endedAt: state.endedAt } : {}),
    ...(state.output === undefined ? {} : { output: JSON.stringify(state.output) }),
    ...(state.fault === undefined ? {} : { fault: JSON.stringify(state.fault) }),
  };
}
