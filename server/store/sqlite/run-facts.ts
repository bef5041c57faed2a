import { isOpen, type RunRow } from "../ports.ts";
import type { Connection, SqlRow, SqlValue } from "./database.ts";
import { statuses } from "./run-columns.ts";

/** Runs kept in memory, about 100 bytes each: far more than are under way at a time. */
const RUNS_MAX = 50_000;

/** Workflows whose open runs are counted in memory. */
const WORKFLOWS_MAX = 10_000;

/** Statuses of runs that have not ended, as they are stored. */
const OPEN = statuses.filter((status) => isOpen(status)).map((status) => statuses.indexOf(status));

/** What each write to a run needs to know of it. */
export interface RunFact {
  readonly workflowId: string;
  /** Sequence number of its last journal record, 0 for none. */
  head: number;
  status: RunRow["status"];
}

/**
 * What the store knows of runs without asking the database: for the runs written last, their journal heads and statuses; how many runs have each status, and how many of a workflow are open.
 * It follows every write; when writes are undone it forgets and reads again.
 */
export class RunFacts {
  readonly #connection: Connection;
  readonly #runs = new Map<number, RunFact>();
  #counts: Map<string, number> | undefined;
  readonly #open = new Map<string, number>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The facts of a run, to be kept up to date by whoever changes them; undefined for a run that is not there. */
  get(run: number): RunFact | undefined {
    return this.#runs.get(run) ?? this.#load(run);
  }

  /** A row was read together with the last sequence number of its journal: the write that is to come needs not ask. */
  read(run: number, row: SqlRow, head: SqlValue): void {
    if (!this.#runs.has(run)) this.#remember(run, factOf(row, head));
  }

  /** A run was added. */
  add(run: number, workflowId: string, status: RunRow["status"]): void {
    const fact = { head: 0, status, workflowId };
    this.#remember(run, fact);
    this.#count(fact, 1);
  }

  /** A run got another status. */
  move(fact: RunFact, status: RunRow["status"]): void {
    if (fact.status === status) return;
    this.#count(fact, -1);
    fact.status = status;
    this.#count(fact, 1);
  }

  /** A run was deleted. */
  delete(run: number, fact: RunFact): void {
    this.#count(fact, -1);
    this.#runs.delete(run);
  }

  /** Writes were undone. */
  forget(): void {
    this.#runs.clear();
    this.#open.clear();
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

  /** How many runs of a workflow have not ended. Counted once, then kept. */
  open(workflowId: string): number {
    const known = this.#open.get(workflowId);
    if (known !== undefined) return known;
    const sql = `select count(*) as n from runs where workflow_id = ? and status in (${OPEN.join(", ")})`;
    const count = Number(this.#connection.sql(sql).get(workflowId)?.["n"]);
    if (this.#open.size >= WORKFLOWS_MAX) this.#open.clear();
    this.#open.set(workflowId, count);
    return count;
  }

  #count({ status, workflowId }: RunFact, by: number): void {
    this.#counts?.set(status, (this.#counts.get(status) ?? 0) + by);
    if (!isOpen(status)) return;
    const open = this.#open.get(workflowId);
    if (open !== undefined) this.#open.set(workflowId, open + by);
  }

  #load(run: number): RunFact | undefined {
    const row = this.#connection.sql("select status, workflow_id from runs where run = ?").get(run);
    if (row === undefined) return undefined;
    const head = this.#connection.sql("select max(seq) as head from journal where run = ?").get(run)?.["head"];
    const fact = factOf(row, head ?? null);
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

function factOf(row: SqlRow, head: SqlValue): RunFact {
  return {
    head: Number(head ?? 0),
    status: statuses[row["status"] as number] as RunRow["status"],
    workflowId: row["workflow_id"] as string,
  };
}
