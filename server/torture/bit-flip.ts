import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ControlRefused } from "../engine/engine.ts";
import { Random } from "../simulation/random.ts";
import { type RunRow, StoreDamaged, StoreUnavailable } from "../store/ports.ts";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../store/sqlite/sqlite-store.ts";
import { StoreOpenError } from "../store/sqlite/store-open-error.ts";
import { ApiClient } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { type OpenedDatabase, openDatabase } from "./opened-database.ts";
import { ServerProcess } from "./server-process.ts";
import { type ByteRange, rowRanges } from "./table-rows.ts";
import { executions, Workload } from "./workload.ts";

/** Where bits are flipped. */
export interface FlipPlace {
  readonly name: keyof SoundDatabase["places"] | "anywhere";
  /** Flips here for each flip in the journal, in a long run. */
  readonly share: number;
  /** Whether any reader must be told of anything that reads otherwise. */
  readonly isPromised: boolean;
}

/** The text of journal records, their whole rows, the rows of runs, the rows with their heads, the documents of definitions, or any byte of the file. */
export const flipPlaces: readonly FlipPlace[] = [
  { name: "journal", share: 1, isPromised: true },
  { name: "journal row", share: 0.2, isPromised: true },
  { name: "run", share: 0.2, isPromised: true },
  { name: "head", share: 0.1, isPromised: true },
  { name: "definition", share: 0.1, isPromised: true },
  { name: "anywhere", share: 0.2, isPromised: false },
];

/** What became of flips, by outcome. */
export interface FlipReport {
  readonly flips: number;
  /** The file was refused with a clear message. */
  readonly refused: number;
  /** The damage was named: by a quarantine, a refused read, or where all reads as before by the verification. */
  readonly detected: number;
  /** Something reads otherwise, and only the verification says so. */
  readonly verified: readonly string[];
  /** Everything reads as before: the bit was in free space, an index, or what nobody asks for. */
  readonly harmless: number;
  /** Something reads otherwise and nobody says so. */
  readonly silent: readonly string[];
  /** Anything else that must not be: a run that is not damaged does not go on, an error without explanation. */
  readonly wrong: readonly string[];
}

/** A sound database and all that it tells. */
export interface SoundDatabase {
  readonly content: Buffer;
  readonly places: {
    readonly [Name in "journal" | "journal row" | "run" | "head" | "definition"]: readonly ByteRange[];
  };
  readonly runs: ReadonlyMap<string, RunReading>;
}

/** All that a database tells of a run. */
interface RunReading {
  readonly run: number;
  readonly key: string;
  readonly history: string;
  readonly row: string;
  readonly isOpen: boolean;
}

/** Has the real server make a database of ended and waiting runs, and reads it. */
export async function soundDatabase(runs: number): Promise<SoundDatabase> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-sound-"));
  const echo = await EchoService.start();
  try {
    const data = path.join(folder, "data");
    const { server, address } = await ServerProcess.start({ data });
    const client = new ApiClient(address);
    const workload = new Workload(echo);
    await workload.define(client);
    for (let at = 0; at < runs; at++) await workload.start(client, at % 3 === 0 ? "sum" : "order");
    for (let at = 0; at < runs / 3; at++) await workload.pay(client);
    await quiet(client, workload);
    client.close();
    await server.end("SIGTERM");
    const file = path.join(data, "stigmer.db");
    const content = readFileSync(file);
    const copy = path.join(folder, "copy.db");
    cpSync(file, copy);
    const opened = await openDatabase(copy);
    const readings = new Map<string, RunReading>();
    const probe = path.join(folder, "probe.db");
    const journal: ByteRange[] = [];
    for (const row of await rows(opened)) {
      readings.set(row.id, await reading(opened, row));
      for (const record of await opened.store.journal.read(row.run, 1, 100)) {
        const text = Buffer.from(record.data);
        const at = await placeOf(
          text,
          content,
          probe,
          async (store) => (await store.journal.read(row.run, record.seq, 1))[0]?.data,
        );
        journal.push([at, at + text.length]);
      }
    }
    const definition: ByteRange[] = [];
    for (const digest of new Set((await rows(opened)).map((row) => row.digest))) {
      const text = Buffer.from((await opened.store.definitions.byDigest(digest))?.document ?? "");
      const at = await placeOf(
        text,
        content,
        probe,
        async (store) => (await store.definitions.byDigest(digest))?.document,
      );
      definition.push([at, at + text.length]);
    }
    await opened.close();
    const rowsOf = (table: string): Promise<readonly ByteRange[]> => rowRanges(file, content, table);
    const [row, run, head] = [await rowsOf("journal"), await rowsOf("runs"), await rowsOf("run_heads")];
    return { content, places: { journal, "journal row": row, run, head, definition }, runs: readings };
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until every run has ended that can: what would go on by itself when the file is opened would read otherwise without any damage. */
async function quiet(client: ApiClient, workload: Workload): Promise<void> {
  for (;;) {
    let waiting = 0;
    for await (const { status } of executions(client)) if (status.runPhase !== "RUN_PHASE_COMPLETED") waiting += 1;
    if (waiting === workload.unpaid) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Where the text of a record is: pages that were moved leave copies behind, which nobody reads, so each place is tried. */
async function placeOf(
  text: Buffer,
  content: Buffer,
  probe: string,
  read: (store: SqliteStore) => Promise<string | undefined>,
): Promise<number> {
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1)) {
    if (content.indexOf(text, at + 1) < 0 && content.indexOf(text) === at) return at;
    const changed = Buffer.from(content);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    writeFileSync(probe, changed);
    const store = await openSqliteStore({ path: probe, programVersion: "torture", mustExist: true });
    const found = await read(store);
    await store.close();
    if (found !== text.toString()) return at;
  }
  // A text longer than a page is in pieces; those of the torture are short.
  throw new Error(`Cannot find "${text.toString().slice(0, 40)}" in the file`);
}

/** Flips one bit at a time of a copy, and sees what store and engine make of it. */
export async function flipBits(
  sound: SoundDatabase,
  place: FlipPlace["name"],
  flips: number,
  seed: number,
  isTimeOver: () => boolean = () => false,
  told?: (line: string) => void,
): Promise<FlipReport> {
  const random = new Random(seed);
  const counts = { refused: 0, detected: 0, harmless: 0 };
  const silent: string[] = [];
  const verified: string[] = [];
  const wrong: string[] = [];
  let flip = 0;
  const scratch = mkdtempSync(path.join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "stigmer-torture-flip-"));
  try {
    for (; flip < flips && !isTimeOver(); flip++) {
      const byte =
        place === "anywhere" ? random.between(0, sound.content.length - 1) : inRanges(sound.places[place], random);
      const bit = random.between(0, 7);
      const folder = path.join(scratch, String(flip));
      mkdirSync(folder);
      const damaged = Buffer.from(sound.content);
      damaged.writeUInt8(damaged.readUInt8(byte) ^ (1 << bit), byte);
      const file = path.join(folder, "stigmer.db");
      writeFileSync(file, damaged);
      const outcome = await examine(file, sound);
      const where = `bit ${bit} of byte ${byte}`;
      if (outcome.kind === "silent") silent.push(`${where}: ${outcome.says}`);
      else if (outcome.kind === "verified") verified.push(`${where}: ${outcome.says}`);
      else counts[outcome.kind] += 1;
      wrong.push(...outcome.wrong.map((text) => `${where}: ${text}`));
      rmSync(folder, { recursive: true, force: true });
      if ((flip + 1) % 1_000 === 0)
        told?.(`${place}: ${flip + 1} flips, ${JSON.stringify(counts)}, ${silent.length} silent`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { flips: flip, ...counts, verified, silent, wrong };
}

interface Outcome {
  readonly kind: "refused" | "detected" | "verified" | "harmless" | "silent";
  readonly says: string;
  readonly wrong: readonly string[];
}

async function examine(file: string, sound: SoundDatabase): Promise<Outcome> {
  let opened: OpenedDatabase;
  try {
    opened = await openDatabase(file);
  } catch (error) {
    const clear = error instanceof StoreOpenError || error instanceof StoreDamaged;
    return { kind: "refused", says: String(error), wrong: clear ? [] : [`it is refused with ${String(error)}`] };
  }
  const wrong: string[] = [];
  let detected = false;
  const differences: string[] = [];
  try {
    const gone = new Set(sound.runs.keys());
    // A damaged id is that of a run that was never made; that it is quarantined says what it is.
    let nameless = 0;
    for (const row of await rows(opened)) {
      const before = sound.runs.get(row.id);
      gone.delete(row.id);
      if (row.status === "quarantined") {
        detected = true;
        if (row.reason === undefined) wrong.push(`${row.id} is quarantined without a reason`);
        if (before === undefined) nameless += 1;
        continue;
      }
      if (before === undefined) {
        differences.push(`run ${row.id} was never made`);
        continue;
      }
      try {
        const now = await reading(opened, row);
        if (now.history !== before.history) differences.push(`the history of ${before.key} reads otherwise`);
        if (now.row !== before.row)
          differences.push(`the row of ${before.key} reads otherwise: ${now.row}, not ${before.row}`);
      } catch (error) {
        detected = true;
        if (!(error instanceof ControlRefused) && !isOfDatabase(error))
          wrong.push(`reading ${before.key}: ${String(error)}`);
      }
    }
    if (gone.size > nameless) for (const id of gone) differences.push(`run ${id} is gone`);
    // By number: the id may be what was damaged.
    const suspects = new Set(opened.damage.map(({ run }) => run));
    if (![...suspects].includes(undefined)) wrong.push(...(await othersGoOn(opened, sound, suspects)));
    detected ||= opened.quarantined.length > 0 || opened.complaints.length > 0;
  } catch (error) {
    detected = true;
    if (!isOfDatabase(error)) wrong.push(String(error));
  }
  await opened.close().catch(() => undefined);
  const isVerified = opened.damage.length > 0;
  if (differences.length > 0 && !detected)
    return { kind: isVerified ? "verified" : "silent", says: differences.join("; "), wrong };
  return { kind: detected || isVerified ? "detected" : "harmless", says: "", wrong };
}

/** SQLite itself found the file damaged, and callers are told so: an error that says "malformed" in any other way would be INTERNAL to them. */
function isOfDatabase(error: unknown): boolean {
  if (error instanceof StoreDamaged || error instanceof StoreUnavailable) return true;
  return error instanceof Error && error.message.includes("disk I/O");
}

const END_MS = 5_000;

/** Orders that wait and are not under suspicion get their event and end as they should. */
async function othersGoOn(
  { store, engine, quarantined }: OpenedDatabase,
  { runs }: SoundDatabase,
  suspects: ReadonlySet<number | undefined>,
): Promise<readonly string[]> {
  const waiting = [...runs].filter(([, { run, isOpen }]) => isOpen && !suspects.has(run));
  const [first] = waiting;
  if (first === undefined) return [];
  const [id, { key }] = first;
  const amount = Number(key.split("-")[1]);
  const data = { id: key, amount };
  await engine.publish("torture", [
    { specversion: "1.0", id: `p-${key}`, source: "urn:torture", type: "torture.paid", data },
  ]);
  const deadline = performance.now() + END_MS;
  for (;;) {
    const row = await store.runs.get(id);
    if (row?.status === "completed") {
      const { paid } = JSON.parse(row.output ?? "null") as { readonly paid?: number };
      return paid === amount ? [] : [`${key} went on to ${row.output ?? ""}`];
    }
    if (row === undefined || row.status === "quarantined" || quarantined.some(({ run }) => run === row.run)) return [];
    if (row.endedAt !== undefined) return [`${key} went on to be ${row.status}: ${row.fault ?? ""}`];
    if (performance.now() > deadline) return [`${key} does not go on: it is ${row.status}`];
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function rows({ store }: OpenedDatabase): Promise<readonly RunRow[]> {
  return (await store.runs.list({ limit: 500 })).rows;
}

async function reading({ engine }: OpenedDatabase, row: RunRow): Promise<RunReading> {
  const history = JSON.stringify(await engine.history(row.id, 1, 100));
  const { id, status, output = "", fault = "", head, createdAt } = row;
  return {
    run: row.run,
    key: row.idempotencyKey ?? "",
    history,
    row: JSON.stringify({ id, status, output, fault, head, createdAt, key: row.idempotencyKey, digest: row.digest }),
    isOpen: row.endedAt === undefined,
  };
}

/** A byte of the ranges, each as likely as any other. */
function inRanges(ranges: readonly ByteRange[], random: Random): number {
  let at = random.between(0, ranges.reduce((sum, [from, to]) => sum + to - from, 0) - 1);
  for (const [from, to] of ranges) {
    if (at < to - from) return from + at;
    at -= to - from;
  }
  throw new Error("assertion: the byte is within the ranges");
}
