import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { itNeeding } from "../../../tools/testing/need.ts";
import { putResource, resource } from "../suite/store-case.ts";
import { loadSqlite } from "./database.ts";
import { initial } from "./migrations/0001-initial.ts";
import { blobUses } from "./migrations/0002-blob-uses.ts";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { type OpenSqliteOptions, openSqliteStore } from "./open-sqlite-store.ts";
import type { SqliteStore } from "./sqlite-store.ts";
import { StoreOpenError } from "./store-open-error.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stigmer-open-"));
  path = join(directory, "stigmer.db");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (options: Partial<OpenSqliteOptions> = {}): Promise<SqliteStore> =>
  openSqliteStore({ path, programVersion: "1.2.3", ...options });

async function openError(options: Partial<OpenSqliteOptions> = {}): Promise<StoreOpenError> {
  const error: unknown = await open(options).then(
    (store) => store.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreOpenError);
  return error as StoreOpenError;
}

async function makeDatabase(): Promise<void> {
  const store = await open();
  await store.commit([putResource(resource("a"))]);
  await store.close();
}

async function execute(file: string, sql: string): Promise<void> {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

interface Refused {
  readonly name: string;
  readonly prepare: () => void | Promise<void>;
  readonly options?: Partial<OpenSqliteOptions>;
  readonly reason: StoreOpenError["reason"];
  readonly cause: string;
}

const refused: readonly Refused[] = [
  { name: "an empty file", prepare: () => writeFileSync(path, ""), reason: "empty", cause: "the file is empty" },
  {
    name: "a file of something else",
    prepare: () => writeFileSync(path, "garbage ".repeat(2000)),
    reason: "notADatabase",
    cause: "not that of a database",
  },
  {
    name: "a damaged database",
    async prepare() {
      await makeDatabase();
      const bytes = readFileSync(path);
      writeFileSync(path, Buffer.concat([bytes.subarray(0, 60), Buffer.alloc(4096 - 60, 0xff), bytes.subarray(4096)]));
    },
    reason: "notADatabase",
    cause: "not that of a database",
  },
  {
    name: "a database of another program",
    prepare: () => execute(path, "create table notes (text)"),
    reason: "foreign",
    cause: "another program",
  },
  {
    name: "a database of a newer version",
    async prepare() {
      await makeDatabase();
      await execute(path, "pragma user_version = 99; update meta set value = '9.9.9' where key = 'written_by'");
    },
    reason: "newer",
    cause: `its schema 99 is newer than ${migrations.length}, which this version knows; use version 9.9.9 or newer`,
  },
  {
    name: "a file that must exist and does not",
    prepare: () => undefined,
    options: { mustExist: true },
    reason: "missing",
    cause: "there is no such file",
  },
  {
    name: "a log without its database",
    prepare: () => writeFileSync(`${path}-wal`, "something"),
    reason: "orphanedLog",
    cause: "the file is gone but its write-ahead log is there",
  },
  {
    name: "a database of a killed process whose log was taken away",
    async prepare() {
      await makeDatabase();
      await execute(path, "pragma journal_mode = wal");
      writeFileSync(`${path}.lock`, "4194303\nboot/1\n");
    },
    reason: "missingLog",
    cause: "its write-ahead log is gone, and acknowledged writes with it",
  },
  {
    name: "a path through a file",
    prepare() {
      writeFileSync(join(directory, "file"), "");
      path = join(directory, "file", "stigmer.db");
    },
    reason: "notWritable",
    cause: "cannot be written",
  },
  { name: "a directory", prepare: () => void mkdirSync(path), reason: "notWritable", cause: "cannot be written" },
];

describe("openSqliteStore", () => {
  test.each(refused)(
    "refuses $name as $reason, in one line that names the file",
    async ({ prepare, options, reason, cause }) => {
      await prepare();
      const error = await openError(options);
      expect(error.reason).toBe(reason);
      expect(error.message).toContain(`Cannot open database "${path}": `);
      expect(error.message).toContain(cause);
      expect(error.message).toMatch(/^[^\n]+; [^\n]+$/u);
    },
  );

  test("leaves the database of another program as it was", async () => {
    await execute(path, "create table notes (text)");
    const before = readFileSync(path);
    await openError();
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(directory)).toEqual(["stigmer.db"]);
  });

  test("makes missing directories, and one file that is all after a close", async () => {
    path = join(directory, "deep", "down", "stigmer.db");
    await makeDatabase();
    expect(readdirSync(join(directory, "deep", "down"))).toEqual(["stigmer.db"]);
    const store = await open({ mustExist: true });
    expect((await store.resources.get("workflow", "a"))?.id).toBe("a");
    await store.close();
  });

  test("refuses a second store in this process, and lets one in after the close", async () => {
    const store = await open();
    expect((await openError()).reason).toBe("locked");
    await store.close();
    await (await open()).close();
  });

  test("refuses a second process, naming the first, also after the file was moved away", async () => {
    const holder = spawnHolder(path);
    try {
      await holder.ready;
      const error = await openError();
      expect(error.reason).toBe("locked");
      expect(error.message).toContain(`process ${holder.child.pid} has it open`);
      renameSync(path, `${path}.moved`);
      expect((await openError()).reason).toBe("locked");
    } finally {
      holder.child.kill("SIGKILL");
      await holder.ended;
    }
    renameSync(`${path}.moved`, path);
    await (await open()).close();
  });

  test("ignores the lock file of a process that is no more", async () => {
    await makeDatabase();
    writeFileSync(`${path}.lock`, `${process.pid}\n`);
    await (await open()).close();
    writeFileSync(`${path}.lock`, "1\nanother boot/17\n");
    await (await open()).close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  itNeeding(
    process.platform === "linux" ? undefined : "needs Linux",
    "refuses a directory it may not write to",
    async () => {
      await makeDatabase();
      const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
      if (unprivileged.uid !== undefined) for (const file of [directory, path]) chownSync(file, 65_534, 65_534);
      chmodSync(path, 0o400);
      chmodSync(directory, 0o500);
      const holder = spawnHolder(path, unprivileged);
      await holder.ready;
      await holder.ended;
      chmodSync(directory, 0o700);
      expect(holder.output()).toContain(`StoreOpenError: Cannot open database "${path}": it cannot be written`);
    },
  );

  test("migrates an older file in steps after a backup of it, and keeps what it holds", async () => {
    await makeDatabase();
    const latest = migrations.length;
    const next: Migration = {
      version: latest + 1,
      name: "next",
      sql: "create table extra (x); insert into extra values (1)",
    };
    const store = await open({ migrations: [...migrations, next] });
    expect(store.inspect().schemaVersion).toBe(latest + 1);
    expect((await store.resources.get("workflow", "a"))?.id).toBe("a");
    await store.close();
    expect((await openError()).message).toContain(`its schema ${latest + 1} is newer than ${latest}`);
    copyFileSync(`${path}.schema-${latest}`, path);
    const restored = await open();
    expect(restored.inspect().schemaVersion).toBe(latest);
    expect((await restored.resources.get("workflow", "a"))?.id).toBe("a");
    await restored.close();
  });

  test("leaves the file at its schema when a migration fails", async () => {
    await makeDatabase();
    const latest = migrations.length;
    const broken: Migration = {
      version: latest + 1,
      name: "broken",
      sql: "create table extra (x); insert into nowhere values (1)",
    };
    const error = await openError({ migrations: [...migrations, broken] });
    expect(error.reason).toBe("failed");
    expect(error.message).toContain("nowhere");
    const store = await open();
    expect(store.inspect().schemaVersion).toBe(latest);
    await store.close();
  });

  test("keeps head and version of the runs of an older file, which have a checksum once they are written", async () => {
    const old = await open({ migrations: [initial, blobUses] });
    await old.close();
    const values = `'run-1', 'acme', 'one', 'w', 'i', 'd', 1, null, 5, 6, null, null, null, null, null, x'01', null, null`;
    await execute(path, `insert into runs values (1, ${values}, 12, 1, 34)`);
    const store = await open();
    const kept = { run: 1, id: "run-1", status: "running", createdAt: 5, startedAt: 6, head: 12, active: true };
    expect(await store.runs.get("run-1")).toMatchObject({ ...kept, version: 34 });
    await store.commit([{ op: "updateRun", run: 1, changes: { status: "waiting" } }]);
    expect(await store.runs.get("run-1")).toMatchObject({ ...kept, status: "waiting", version: 35 });
    await store.close();
    await execute(path, "update runs set slug = 'other'");
    const damaged = await open();
    expect(await damaged.runs.get("run-1")).toMatchObject({ status: "quarantined" });
    await damaged.close();
  });

  test("finds which runs have the large values of an older file", async () => {
    const old = await open({ migrations: [initial] });
    await old.close();
    const record = (run: number): string =>
      `insert into journal (run, seq, at, data, crc, chain) values (${run}, 1, 0, '{"type":"started","blobs":{"input":"d"}}', 0, '')`;
    await execute(path, `insert into blobs values ('d', x'01'); ${record(1)}; ${record(2)}`);
    const store = await open();
    await store.commit([{ op: "deleteRun", run: 1 }]);
    expect(await store.journal.blob("d")).toBeDefined();
    await store.commit([{ op: "deleteRun", run: 2 }]);
    expect(await store.journal.blob("d")).toBeUndefined();
    await store.close();
  });

  test("holds back space and gives it up on demand", async () => {
    const store = await open({ ballastBytes: 3_000_000 });
    expect(store.inspect().ballastBytes).toBe(3_000_000);
    expect(store.releaseBallast()).toBe(3_000_000);
    expect(store.inspect().ballastBytes).toBe(0);
    await store.close();
  });
});

interface Holder {
  readonly child: ReturnType<typeof spawn>;
  /** Resolves when the database is open, or the process ended. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly output: () => string;
}

/** A process that opens the database and waits. */
function spawnHolder(file: string, identity: { readonly uid?: number; readonly gid?: number } = {}): Holder {
  const script = join(import.meta.dirname, "torture-child.ts");
  const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx", script, file], {
    stdio: ["ignore", "pipe", "pipe"],
    ...identity,
  });
  let output = "";
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ready = new Promise<void>((resolve) => {
    void ended.then(resolve);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  });
  return { child, ready, ended, output: () => output };
}
