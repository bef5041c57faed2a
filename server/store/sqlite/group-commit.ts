import { CommitConflict, StoreUnavailable, type Write } from "../ports.ts";
import type { Refusal } from "../refusal.ts";
import { type Connection, sqliteCode, sqliteErrorCode, sqliteMessage } from "./database.ts";
import type { LogFile } from "./log-file.ts";
import { SqliteTables } from "./tables.ts";
import { WritePace } from "./write-pace.ts";
import { type ReadSubject, subjectOf } from "./write-subject.ts";

/*
 * Theory of operation.
 *
 * A disk flushes a few thousand times a second, whatever the number of bytes. So commits wait in a queue, and once in a turn of the event loop (setImmediate, after the I/O of the
 * turn has queued all it has) the whole queue becomes one transaction with one flush. Nobody waits for a timer: while a flush is under way the next queue gathers by itself.
 *
 * What follows from a transaction (answers, the next steps of runs, their calls) happens in the turn in which it is durable and takes several times as long as writing it. So a transaction takes no more from the queue than is
 * likely to be written within a time (write-pace.ts): with that, turns stay short enough for others to be heard in between.
 *
 * The flush is ours (see log-file.ts): SQLite writes the transaction to its log without one, and a thread of the pool flushes the log while this one goes on with other work. At most one
 * transaction is not yet durable, and reads of what it wrote are held back until it is. Who is alone gets the flush at once, without the way to another thread and back.
 *
 * Each batch stays all or nothing within the shared transaction. A batch that is refused at its first write has changed nothing, so nothing is to be undone: that is the common
 * refusal. Only when a batch is refused after it has written is the transaction rolled back and done again, this time with a savepoint around each batch. So the path
 * without conflicts pays for no savepoints (each would copy the pages it touches), and conflicts cost at most double.
 *
 * Every answer, also a refusal, waits for the flush: a refusal may rest on a batch before it in the same transaction.
 *
 * When COMMIT or the flush fails we cannot know what the disk holds, and a second fsync would lie (the kernel drops pages it could not write). So the store has failed: it takes no further
 * write, and the process must start again and read what is really there. A full disk is different: SQLite undoes the transaction cleanly, callers are told, and the
 * next commit tries anew, so that writing goes on as soon as there is room.
 */

/** A commit in the queue. */
interface Waiting {
  readonly batch: readonly Write[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What became of a batch within the transaction: undefined for written. */
type Outcome = Error | undefined;

/** The batches of one transaction that is written, and the times (ms) of its begin and of its end. */
interface Group {
  readonly batches: readonly Waiting[];
  readonly outcomes: readonly Outcome[];
  readonly begunAt: number;
  readonly writtenAt: number;
}

/** Limits and hooks of group commit. */
export interface GroupCommitOptions {
  /** Writes that may wait before commits are refused as overloaded. */
  readonly queuedWritesMax: number;
  /** Writes of one transaction; more wait for the next turn, so that one flush never holds the event loop for long. */
  readonly transactionWritesMax: number;
  /** The same as a time in ms, by what writes took of late: what follows from a transaction, the answers and the next steps, takes several times as long, in the same turn. Without limit unless given. */
  readonly transactionMs?: number;
  /** The log to flush after each COMMIT; absent where nothing is durable, or SQLite flushes by itself. */
  readonly log?: Pick<LogFile, "flush" | "flushNow">;
  /** Called for each transaction that is durable. */
  readonly measured?: CommitMeter;
  /** While it says yes no transaction begins: for moments in which something else is to come first. */
  readonly isHeld?: () => boolean;
  /** Called before anybody is told: throws where what was written cannot be found again, such as in a file that was deleted. */
  checkFile(): void;
}

/** Told of each transaction: its writes, and the seconds that it and its flush took. */
export type CommitMeter = (writes: number, seconds: number, flushSeconds: number) => void;

/** Figures of the commits so far. */
export interface CommitFigures {
  readonly commits: number;
  readonly batches: number;
  readonly writes: number;
  readonly queuedWrites: number;
  readonly diskFull: boolean;
  readonly failure?: string;
}

/** The queue of writes, see the theory of operation. */
export class GroupCommit {
  readonly #connection: Connection;
  readonly #tables: SqliteTables;
  readonly #options: GroupCommitOptions;
  #queue: Waiting[] = [];
  #queuedWrites = 0;
  #scheduled = false;
  /** The group that is written but not yet durable, until it is. */
  #flushing: Promise<void> | undefined;
  #lastGroup = 0;
  readonly #pace = new WritePace();
  #stopped: StoreUnavailable | undefined;
  #diskFull = false;
  #commits = 0;
  #batches = 0;
  #writes = 0;

  constructor(connection: Connection, tables: SqliteTables, options: GroupCommitOptions) {
    this.#connection = connection;
    this.#tables = tables;
    this.#options = options;
  }

  /** Queues a batch; settles once it is durable or refused. */
  commit(batch: readonly Write[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped !== undefined) return reject(this.#stopped);
      // A batch larger than the queue is let through when nothing else waits: it could never be written otherwise.
      if (this.#queuedWrites > 0 && this.#queuedWrites + batch.length > this.#options.queuedWritesMax) {
        const waiting = `${this.#queuedWrites} writes wait, the limit is ${this.#options.queuedWritesMax}`;
        return reject(new StoreUnavailable("overloaded", `Cannot commit: ${waiting}, try again`));
      }
      this.#queue.push({ batch, resolve, reject });
      this.#queuedWrites += batch.length;
      this.#schedule();
    });
  }

  /** Writes what is queued, then refuses everything. */
  async close(): Promise<void> {
    while (this.#flushing !== undefined || this.#queue.length > 0) {
      await this.#flushing;
      this.#commitGroup(true);
    }
    this.#stopped ??= new StoreUnavailable("closed", "Cannot commit: the store is closed");
  }

  /** Stops the store for good, telling all that wait. */
  fail(cause: string): StoreUnavailable {
    this.#stopped ??= new StoreUnavailable("failed", `Cannot commit: ${cause}; the server must be started again`);
    const waiting = this.#queue;
    this.#queue = [];
    this.#queuedWrites = 0;
    for (const { reject } of waiting) reject(this.#stopped);
    return this.#stopped;
  }

  /** Figures for health and metrics. */
  figures(): CommitFigures {
    const failure = this.#stopped?.reason === "failed" ? { failure: this.#stopped.message } : {};
    const { commits, batches, writes } = { commits: this.#commits, batches: this.#batches, writes: this.#writes };
    return { commits, batches, writes, queuedWrites: this.#queuedWrites, diskFull: this.#diskFull, ...failure };
  }

  #schedule(): void {
    if (this.#scheduled || this.#flushing !== undefined || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commitGroup();
      this.#schedule();
    });
  }

  /** Writes the next group and has it flushed, unless one is being flushed. */
  #commitGroup(isLast = false): void {
    if (this.#flushing !== undefined || this.#queue.length === 0) return;
    if (!isLast && this.#options.isHeld?.() === true) return;
    const begunAt = performance.now();
    const batches = this.#take();
    const isAlone = batches.length === 1 && this.#lastGroup === 1;
    this.#lastGroup = batches.length;
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.#write(batches);
    } catch (error) {
      const refusal = this.#abandon(error);
      for (const { reject } of batches) reject(refusal);
      return;
    }
    const writtenAt = performance.now();
    this.#pace.measured(
      batches.reduce((sum, { batch }) => sum + batch.length, 0),
      writtenAt - begunAt,
    );
    const group = { batches, outcomes, begunAt, writtenAt };
    const { log } = this.#options;
    if (log === undefined) this.#settle(group);
    else if (isAlone) this.#flushNow(log, group);
    else this.#flush(log, group);
  }

  #flushNow(log: Pick<LogFile, "flushNow">, group: Group): void {
    try {
      log.flushNow();
    } catch (error) {
      const flushed = Promise.reject<void>(this.#unflushed(error, group));
      this.#connection.holdReads({ flushed, concern: () => true });
      return;
    }
    this.#settle(group);
  }

  #flush(log: Pick<LogFile, "flush">, group: Group): void {
    const flushed = log.flush().catch((error: unknown) => {
      throw this.#unflushed(error, group);
    });
    this.#connection.holdReads({ flushed, concern: concerned(group) });
    this.#flushing = flushed.then(
      () => {
        this.#flushing = undefined;
        // The next group first: its flush goes on beside whatever those do who are told of this one.
        this.#commitGroup();
        this.#settle(group);
        this.#schedule();
      },
      () => {
        this.#flushing = undefined;
      },
    );
  }

  /** Nobody knows what the disk holds: the store has failed. */
  #unflushed(error: unknown, { batches }: Group): StoreUnavailable {
    const refusal = this.fail(sqliteMessage(error));
    for (const { reject } of batches) reject(refusal);
    return refusal;
  }

  /** Answers a group that is durable. */
  #settle({ batches, outcomes, begunAt, writtenAt }: Group): void {
    try {
      this.#options.checkFile();
    } catch (error) {
      this.fail(sqliteMessage(error));
    }
    if (this.#stopped !== undefined) {
      for (const { reject } of batches) reject(this.#stopped);
      return;
    }
    let writes = 0;
    for (const [index, { batch, resolve, reject }] of batches.entries()) {
      const outcome = outcomes[index];
      if (outcome !== undefined) {
        reject(outcome);
        continue;
      }
      writes += batch.length;
      resolve();
    }
    this.#diskFull = false;
    this.#commits += 1;
    this.#batches += batches.length;
    this.#writes += writes;
    const now = performance.now();
    this.#options.measured?.(writes, (now - begunAt) / 1000, (now - writtenAt) / 1000);
  }

  #take(): readonly Waiting[] {
    const { transactionWritesMax, transactionMs = Number.POSITIVE_INFINITY } = this.#options;
    const most = Math.min(transactionWritesMax, this.#pace.writesIn(transactionMs));
    let writes = 0;
    let end = 0;
    for (const { batch } of this.#queue) {
      if (end > 0 && writes + batch.length > most) break;
      writes += batch.length;
      end += 1;
    }
    this.#queuedWrites -= writes;
    if (end < this.#queue.length) return this.#queue.splice(0, end);
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  #write(group: readonly Waiting[]): readonly Outcome[] {
    this.#connection.sql("begin immediate").run();
    let outcomes = this.#applyPlainly(group);
    if (outcomes === undefined) {
      this.#rollback();
      this.#connection.sql("begin immediate").run();
      outcomes = group.map(({ batch }) => this.#applyInSavepoint(batch));
    }
    this.#connection.sql("commit").run();
    return outcomes;
  }

  /** Applies all batches without savepoints; undefined when one is refused that has already written. */
  #applyPlainly(group: readonly Waiting[]): Outcome[] | undefined {
    const outcomes: Outcome[] = [];
    for (const { batch } of group) {
      let written = false;
      let outcome: Outcome;
      for (const write of batch) {
        const refusal = this.#apply(write);
        if (refusal !== undefined) {
          if (written || !(refusal instanceof CommitConflict)) return undefined;
          outcome = refusal;
          break;
        }
        written ||= !SqliteTables.isCheck(write);
      }
      outcomes.push(outcome);
    }
    return outcomes;
  }

  #applyInSavepoint(batch: readonly Write[]): Outcome {
    this.#connection.sql("savepoint batch").run();
    let outcome: Outcome;
    for (const write of batch) {
      outcome = this.#apply(write);
      if (outcome !== undefined) break;
    }
    if (outcome !== undefined) {
      this.#connection.sql("rollback to batch").run();
      this.#tables.facts.forget();
    }
    this.#connection.sql("release batch").run();
    return outcome;
  }

  /** Applies a write. What the database itself reports (full, I/O, corrupt) concerns everybody and is thrown; anything else is the fault of this batch alone. */
  #apply(write: Write): Outcome {
    let refusal: Refusal;
    try {
      refusal = this.#tables.apply(write);
    } catch (error) {
      const code = sqliteErrorCode(error);
      const ofBatch = error instanceof Error && (code === undefined || BATCH_ERRORS.has(code));
      if (!ofBatch) throw error;
      return error;
    }
    return refusal === undefined ? undefined : new CommitConflict({ ...refusal, write });
  }

  /** After an error of the database: undoes the transaction, and decides whether the store can go on. */
  #abandon(error: unknown): StoreUnavailable {
    this.#tables.facts.forget();
    const message = sqliteMessage(error);
    try {
      if (this.#connection.database.isTransaction) this.#rollback();
    } catch {
      return this.fail(message);
    }
    if (sqliteErrorCode(error) !== sqliteCode.full) return this.fail(message);
    this.#diskFull = true;
    return new StoreUnavailable("diskFull", "Cannot commit: the disk is full, free some space");
  }

  #rollback(): void {
    this.#connection.sql("rollback").run();
    this.#tables.facts.forget();
  }
}

/** Tells which reads a group may change; made out when the first read asks. */
function concerned({ batches }: Group): (subject: ReadSubject) => boolean {
  let subjects: ReadonlySet<ReadSubject | undefined> | undefined;
  return (subject) => {
    subjects ??= new Set(batches.flatMap(({ batch }) => batch.map(subjectOf)));
    return subjects.has(subject);
  };
}

/** Result codes that blame the values of a write: too big, constraint, mismatch, range. */
const BATCH_ERRORS: ReadonlySet<number> = new Set([18, sqliteCode.constraint, 20, 25]);
