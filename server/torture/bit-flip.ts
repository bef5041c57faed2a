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
import { Workload } from "./workload.ts";

/** Where bits are flipped: in the text of journal records, of definitions, or in any byte of the file. */
export type FlipPlace = "journal" | "definition" | "anywhere";

/** What became of flips, by outcome. */
export interface FlipReport {
  readonly flips: number;
  /** The file was refused with a clear message. */
  readonly refused: number;
  /** The damage was named: by the verification, a quarantine or a refused read. */
  readonly detected: number;
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
  /** Half-open ranges of the text of journal records. */
  readonly journal: readonly (readonly [from: number, to: number])[];
  /** The same of the documents of definitions. */
  readonly definition: readonly (readonly [from: number, to: number])[];
  readonly runs: ReadonlyMap<string, RunReading>;
}

/** All that a database tells of a run. */
interface RunReading {
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
    client.close();
    await server.end("SIGTERM");
    const file = path.join(data, "stigmer.db");
    const content = readFileSync(file);
    const copy = path.join(folder, "copy.db");
    cpSync(file, copy);
    const opened = await openDatabase(copy);
    const readings = new Map<string, RunReading>();
    const probe = path.join(folder, "probe.db");
    const journal: (readonly [number, number])[] = [];
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
    const definition: (readonly [number, number])[] = [];
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
    return { content, journal, definition, runs: readings };
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
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
  place: FlipPlace,
  flips: number,
  seed: number,
  told?: (line: string) => void,
): Promise<FlipReport> {
  const random = new Random(seed);
  const counts = { refused: 0, detected: 0, harmless: 0 };
  const silent: string[] = [];
  const wrong: string[] = [];
  const scratch = mkdtempSync(path.join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "stigmer-torture-flip-"));
  try {
    for (let flip = 0; flip < flips; flip++) {
      const byte = place === "anywhere" ? random.between(0, sound.content.length - 1) : inRanges(sound[place], random);
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
      else counts[outcome.kind] += 1;
      wrong.push(...outcome.wrong.map((text) => `${where}: ${text}`));
      rmSync(folder, { recursive: true, force: true });
      if ((flip + 1) % 1_000 === 0)
        told?.(`${place}: ${flip + 1} flips, ${JSON.stringify(counts)}, ${silent.length} silent`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { flips, ...counts, silent, wrong };
}

interface Outcome {
  readonly kind: "refused" | "detected" | "harmless" | "silent";
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
  let detected = opened.damage.length > 0;
  const differences: string[] = [];
  try {
    const found = new Set<string>();
    for (const row of await rows(opened)) {
      const before = sound.runs.get(row.id);
      found.add(row.id);
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
    for (const id of sound.runs.keys()) if (!found.has(id)) differences.push(`run ${id} is gone`);
    const suspects = new Set(opened.damage.map(({ id }) => id));
    if (![...suspects].includes(undefined)) wrong.push(...(await othersGoOn(opened, sound, suspects)));
    detected ||= opened.quarantined.length > 0 || opened.complaints.length > 0;
  } catch (error) {
    detected = true;
    if (!isOfDatabase(error)) wrong.push(String(error));
  }
  await opened.close().catch(() => undefined);
  if (detected) return { kind: "detected", says: "", wrong };
  return differences.length === 0
    ? { kind: "harmless", says: "", wrong }
    : { kind: "silent", says: differences.join("; "), wrong };
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
  suspects: ReadonlySet<string | undefined>,
): Promise<readonly string[]> {
  const waiting = [...runs].filter(([id, { isOpen }]) => isOpen && !suspects.has(id));
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
    key: row.idempotencyKey ?? "",
    history,
    row: JSON.stringify({ id, status, output, fault, head, createdAt, key: row.idempotencyKey, digest: row.digest }),
    isOpen: row.endedAt === undefined,
  };
}

function inRanges(ranges: readonly (readonly [from: number, to: number])[], random: Random): number {
  const [from, to] = random.pick(ranges);
  return random.between(from, to - 1);
}
