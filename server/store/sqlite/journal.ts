import type { JournalReader, JournalRecord, JournalTail, SnapshotRow } from "../ports.ts";
import type { Refusal } from "../refusal.ts";
import type { SqliteBlobs } from "./blobs.ts";
import type { Connection, SqlRow } from "./database.ts";
import type { RunFacts } from "./run-facts.ts";

/** The journal in SQLite: a table in order of writing. */
export class SqliteJournal implements JournalReader {
  readonly #connection: Connection;
  readonly #facts: RunFacts;
  readonly #blobs: SqliteBlobs;

  constructor(connection: Connection, facts: RunFacts, blobs: SqliteBlobs) {
    this.#connection = connection;
    this.#facts = facts;
    this.#blobs = blobs;
  }

  async read(run: number, fromSeq: number, limit: number): Promise<readonly JournalRecord[]> {
    const rows = this.#connection
      .sql("select * from journal where run = ? and seq >= ? order by seq limit ?")
      .all(run, fromSeq, limit);
    return this.#connection.durable(rows.map(recordFromRow), run);
  }

  async snapshot(run: number): Promise<SnapshotRow | undefined> {
    const row = this.#connection.sql("select * from snapshots where run = ?").get(run);
    return this.#connection.durable(row === undefined ? undefined : position(row), run);
  }

  async tails(runs: readonly number[], limit: number): Promise<ReadonlyMap<number, JournalTail>> {
    const keys = JSON.stringify(runs);
    const tails = new Map(runs.map((run): [number, Tail] => [run, { records: [] }]));
    const snapshots = this.#connection
      .sql("select s.* from json_each(?) k cross join snapshots s on s.run = k.value")
      .all(keys);
    for (const row of snapshots) {
      const tail = tails.get(row["run"] as number);
      if (tail !== undefined) tail.snapshot = position(row);
    }
    const sql = `select j.* from json_each(?) k cross join journal j on j.run = k.value
      where j.seq > ifnull((select s.seq from snapshots s where s.run = k.value), 0) limit ?`;
    for (const row of this.#connection.sql(sql).all(keys, limit))
      tails.get(row["run"] as number)?.records.push(recordFromRow(row));
    for (const { records } of tails.values())
      if (records.length > 1) records.sort((left, right) => left.seq - right.seq);
    return this.#connection.durable(tails, ...runs);
  }

  async blob(digest: string): Promise<Uint8Array | undefined> {
    // Only records that are durable themselves name a digest, and what it names never changes.
    return this.#blobs.get(digest);
  }

  /** Adds the next record of a run; any other sequence number is refused, so that a history never has a gap or a fork. */
  append(record: JournalRecord): Refusal {
    const fact = this.#facts.get(record.run);
    if (fact === undefined) return { kind: "missing" };
    if (record.seq !== fact.head + 1) return { kind: "journalGap", existing: String(fact.head) };
    this.#connection
      .sql("insert into journal (run, seq, at, data, crc, chain) values (?, ?, ?, ?, ?, ?)")
      .run(record.run, record.seq, record.at, record.data, record.crc, record.chain);
    fact.head = record.seq;
    return undefined;
  }

  /** Writes the snapshot of a run in place of its last. */
  putSnapshot(row: SnapshotRow): void {
    this.#connection
      .sql("insert or replace into snapshots values (?, ?, ?, ?, ?)")
      .run(row.run, row.seq, row.data, row.crc, row.chain);
  }

  /** Removes journal and snapshot of a run. */
  deleteRun(run: number): void {
    this.#connection.sql("delete from journal where run = ?").run(run);
    this.#connection.sql("delete from snapshots where run = ?").run(run);
  }
}

interface Tail {
  snapshot?: SnapshotRow;
  readonly records: JournalRecord[];
}

function recordFromRow(row: SqlRow): JournalRecord {
  const { run, seq, data, crc, chain } = position(row);
  return { run, seq, at: row["at"] as number, data, crc, chain };
}

/** A damaged row may hold values of other types; as text they fail their checks. */
function position(row: SqlRow): SnapshotRow {
  return {
    run: row["run"] as number,
    seq: row["seq"] as number,
    data: String(row["data"]),
    crc: row["crc"] as number,
    chain: String(row["chain"]),
  };
}
