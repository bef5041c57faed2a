import type { RunRow } from "../ports.ts";
import type { Connection } from "./database.ts";
import { statuses } from "./run-columns.ts";

/** Runs kept in memory, about 100 bytes each: far more than are under way at a time. */
const RUNS_MAX = 50_000;

/** What each write to a run needs to know of it. */
export interface RunFact {
  /** Sequence number of its last journal record, 0 for none. */
  head: number;
  status: RunRow["status"];
}

/**
 * What the store knows of runs without asking the database: for the runs written last, their journal heads and statuses, and how many runs have each status.
 * It follows every write; when writes are undone it forgets and reads again.
 */
export class RunFacts {
  readonly #connection: Connection;
  readonly #runs = new Map<number, RunFact>();
  #counts: Map<string, number> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The facts of a run, to be kept up to date by whoever changes them; undefined for a run that is not there. */
  get(run: number): RunFact | undefined {
    return this.#runs.get(run) ?? this.#load(run);
  }

  /** A run was added. */
  add(run: number, status: RunRow["status"]): void {
    this.#remember(run, { head: 0, status });
    this.#count(status, 1);
  }

  /** A run got another status. */
  move(fact: RunFact, status: RunRow["status"]): void {
    if (fact.status === status) return;
    this.#count(fact.status, -1);
    this.#count(status, 1);
    fact.status = status;
  }

  /** A run was deleted. */
  delete(run: number, fact: RunFact): void {
    this.#count(fact.status, -1);
    this.#runs.delete(run);
  }

  /** Writes were undone. */
  forget(): void {
    this.#runs.clear();
    this.#counts = undefined;
  }

  /** How many runs have each status, leaving out those that none has. Counted once, then kept. */
  counts(): { readonly [status: string]: number } {
    if (this.#counts === undefined) {
      const rows = this.#connection.sql("select status, count(*) as n from runs group by status").all();
      this.#counts = new Map(rows.map((row) => [statuses[row["status"] as number] as string, Number(row["n"])]));
    }
    return Object.fromEntries([...this.#counts].filter(([, count]) => count > 0));
  }

  #count(status: string, by: number): void {
    this.#counts?.set(status, (this.#counts.get(status) ?? 0) + by);
  }

  #load(run: number): RunFact | undefined {
    const row = this.#connection.sql("select status from runs where run = ?").get(run);
    if (row === undefined) return undefined;
    const head = this.#connection.sql("select max(seq) as head from journal where run = ?").get(run)?.["head"];
    const fact = { head: Number(head ?? 0), status: statuses[row["status"] as number] as RunRow["status"] };
    this.#remember(run, fact);
    return fact;
  }

  #remember(run: number, fact: RunFact): void {
    if (this.#runs.size >= RUNS_MAX) {
      for (const oldest of this.#runs.keys()) {
        this.#runs.delete(oldest);
        break;
      }
    }
    this.#runs.set(run, fact);
  }
}
