import type { JournalReader, JournalRecord, JournalTail, SnapshotRow } from "../ports.ts";
import type { Refusal } from "../refusal.ts";
import { type UndoLog, UndoMap } from "./undo-map.ts";

/** Journals in memory. */
export class MemoryJournal implements JournalReader {
  readonly #log: UndoLog;
  readonly #records: UndoMap<number, JournalRecord[]>;
  readonly #snapshots: UndoMap<number, SnapshotRow>;
  readonly #blobs: UndoMap<string, Uint8Array>;
  /** Runs that have a large value. */
  readonly #users: UndoMap<string, readonly number[]>;

  constructor(log: UndoLog) {
    this.#log = log;
    this.#records = new UndoMap(log);
    this.#snapshots = new UndoMap(log);
    this.#blobs = new UndoMap(log);
    this.#users = new UndoMap(log);
  }

  async read(run: number, fromSeq: number, limit: number): Promise<readonly JournalRecord[]> {
    const start = Math.max(0, fromSeq - 1);
    return this.#records.get(run)?.slice(start, start + limit) ?? [];
  }

  async snapshot(run: number): Promise<SnapshotRow | undefined> {
    return this.#snapshots.get(run);
  }

  async tails(runs: readonly number[], limit: number): Promise<ReadonlyMap<number, JournalTail>> {
    let room = limit;
    const tails = runs.map((run): [number, JournalTail] => {
      const snapshot = this.#snapshots.get(run);
      const from = snapshot?.seq ?? 0;
      const records = this.#records.get(run)?.slice(from, from + room) ?? [];
      room -= records.length;
      return [run, snapshot === undefined ? { records } : { snapshot, records }];
    });
    return new Map(tails);
  }

  async blob(digest: string): Promise<Uint8Array | undefined> {
    return this.#blobs.get(digest);
  }

  append(record: JournalRecord): Refusal {
    const records = this.#records.get(record.run) ?? [];
    if (record.seq !== records.length + 1) return { kind: "journalGap", existing: String(records.length) };
    if (records.length === 0) this.#records.set(record.run, records);
    records.push(record);
    this.#log.push(() => records.pop());
    return undefined;
  }

  putSnapshot(row: SnapshotRow): void {
    this.#snapshots.set(row.run, row);
  }

  putBlob(run: number, digest: string, data: Uint8Array): void {
    if (!this.#blobs.has(digest)) this.#blobs.set(digest, data);
    const users = this.#users.get(digest) ?? [];
    if (!users.includes(run)) this.#users.set(digest, [...users, run]);
  }

  deleteRun(run: number): void {
    this.#records.delete(run);
    this.#snapshots.delete(run);
    for (const [digest, users] of this.#users.entries()) {
      if (!users.includes(run)) continue;
      const others = users.filter((user) => user !== run);
      if (others.length > 0) this.#users.set(digest, others);
      else {
        this.#users.delete(digest);
        this.#blobs.delete(digest);
      }
    }
  }

  /** Changes the data of a record and nothing else, as a flipped bit would. */
  tamper(run: number, seq: number, data: string): void {
    const records = this.#records.get(run) ?? [];
    const record = records[seq - 1];
    if (record === undefined)
      throw new Error(`Cannot tamper with record ${seq} of run ${run}: there is no such record`);
    records[seq - 1] = { ...record, data };
  }
}
