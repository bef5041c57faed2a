import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { JournalReader, JournalRecord, SnapshotRow } from "../ports.ts";
import { type Connection, sqliteMessage } from "./database.ts";
import { headHolds } from "./head-mark.ts";
import { runHolds } from "./run-checksum.ts";
import { statusNumber } from "./run-columns.ts";
import type { SqliteTables } from "./tables.ts";

const RUNS_A_SLICE = 100;
const RECORDS_A_SLICE = 1000;

/** Tells whether a record follows the hash chain of the record before it; undefined before the first. The chain belongs to the engine, so it is handed in. */
type ChainHolds = (record: JournalRecord, before: string | undefined) => boolean;

/** How the engine makes records and snapshots, to check them by. */
export interface JournalChecks {
  readonly chainHolds: ChainHolds;
  /** Tells whether a snapshot is what was written. */
  readonly snapshotHolds: (row: SnapshotRow) => boolean;
}

/** Something wrong with a run. */
export interface RunDamage {
  readonly run: number;
  readonly id: string;
  /** True when the engine knows of it and has taken the run out of service. */
  readonly isQuarantined: boolean;
  readonly seq?: number;
  readonly problem: string;
}

/** What the journals of a database look like. */
export interface JournalVerification {
  readonly damage: readonly RunDamage[];
  readonly runs: number;
  readonly records: number;
}

/** The result of a verification. */
export interface Verification extends JournalVerification {
  /** What SQLite finds wrong with the file; empty when it is sound. */
  readonly fileProblems: readonly string[];
}

/**
 * Checks the structure of the file, then every journal: no gap, checksums, hash chain, and the end that the run's head names; and the checksum of each run's row. SQLite itself does not notice a flipped bit in a value.
 * The journals are read in slices with turns for others between; the check of the file is one call and holds everybody, so it is for a server that is stopped or idle.
 */
export async function verify(
  connection: Connection,
  tables: SqliteTables,
  checks: JournalChecks,
): Promise<Verification> {
  const fileProblems = problemsOfFile(connection);
  try {
    return { fileProblems, ...(await verifyJournals(connection, tables, checks)) };
  } catch (error) {
    fileProblems.push(`the runs cannot be read: ${sqliteMessage(error)}`);
    return { fileProblems, damage: [], runs: 0, records: 0 };
  }
}

/** What SQLite finds wrong with the structure of the file; damage may be such that it cannot even finish. */
function problemsOfFile(connection: Connection): string[] {
  try {
    const rows = connection.database.prepare("pragma quick_check").all();
    return rows.map((row) => String(Object.values(row)[0])).filter((text) => text !== "ok");
  } catch (error) {
    return [`it cannot be checked to its end: ${sqliteMessage(error)}`];
  }
}

/** Checks every journal, in slices with turns for others between. Rejects when the runs themselves cannot be read. */
export async function verifyJournals(
  connection: Connection,
  tables: SqliteTables,
  checks: JournalChecks,
): Promise<JournalVerification> {
  const damage: RunDamage[] = [];
  let runs = 0;
  let records = 0;
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const slice = connection
      .sql(
        "select r.*, h.head, h.version, h.mark from runs r left join run_heads h on h.run = r.run where r.run > ? order by r.run limit ?",
      )
      .all(after, RUNS_A_SLICE);
    for (const row of slice) {
      const { run, id, head, status } = row;
      const result = await verifyRun(tables, run as number, (head ?? 0) as number, checks);
      if (!headHolds(run, head, row["version"], row["mark"]))
        result.problems.push({ problem: "the head of the run fails its check" });
      if (!runHolds(row)) result.problems.push({ problem: "the checksum of the run's row does not match it" });
      const isQuarantined = status === statusNumber("quarantined");
      records += result.records;
      damage.push(
        ...result.problems.map((problem) => ({ run: run as number, id: id as string, isQuarantined, ...problem })),
      );
    }
    runs += slice.length;
    const last = slice.at(-1);
    if (last === undefined) return { damage, runs, records };
    after = last["run"] as number;
    await setImmediate();
  }
}

type Problem = Pick<RunDamage, "problem" | "seq">;

interface RunVerification {
  readonly problems: Problem[];
  readonly records: number;
}

/** Verifies a run. One that cannot be read does not keep the others from being verified. */
async function verifyRun(
  tables: SqliteTables,
  run: number,
  head: number,
  checks: JournalChecks,
): Promise<RunVerification> {
  try {
    return await verifyJournal(tables.journal, run, head, checks);
  } catch (error) {
    return { problems: [{ problem: `the journal cannot be read: ${sqliteMessage(error)}` }], records: 0 };
  }
}

async function verifyJournal(
  journal: JournalReader,
  run: number,
  head: number,
  { chainHolds, snapshotHolds }: JournalChecks,
): Promise<RunVerification> {
  const problems: Problem[] = [];
  const snapshot = await journal.snapshot(run);
  let last: JournalRecord | undefined;
  let records = 0;
  for (let slice = await journal.read(run, 1, RECORDS_A_SLICE); slice.length > 0;) {
    for (const record of slice) {
      const problem = recordProblem(record, last, chainHolds);
      if (problem !== undefined) problems.push({ seq: record.seq, problem });
      if (snapshot?.seq === record.seq && snapshot.chain !== record.chain) {
        problems.push({ seq: record.seq, problem: "the snapshot has another hash chain than its journal record" });
      }
      last = record;
    }
    records += slice.length;
    await setImmediate();
    slice = await journal.read(run, (last?.seq ?? 0) + 1, RECORDS_A_SLICE);
  }
  const end = last?.seq ?? 0;
  if (end !== head) problems.push({ problem: `the journal ends at record ${end}, the run's head is ${head}` });
  if (snapshot !== undefined) problems.push(...snapshotProblems(snapshot, end, snapshotHolds));
  return { problems, records };
}

function recordProblem(
  record: JournalRecord,
  before: JournalRecord | undefined,
  chainHolds: ChainHolds,
): string | undefined {
  const expected = (before?.seq ?? 0) + 1;
  if (record.seq !== expected) return `record ${expected} is missing`;
  if (crc32(record.data) !== record.crc) return "the checksum does not match the data";
  if (!chainHolds(record, before?.chain)) return "the hash chain is broken";
  return undefined;
}

function snapshotProblems(
  snapshot: SnapshotRow,
  end: number,
  holds: JournalChecks["snapshotHolds"],
): readonly Problem[] {
  const problems: Problem[] = [];
  if (!holds(snapshot)) {
    problems.push({ seq: snapshot.seq, problem: "the checksum of the snapshot does not match its data" });
  }
  if (snapshot.seq > end) problems.push({ seq: snapshot.seq, problem: "the snapshot is ahead of the journal" });
  return problems;
}
