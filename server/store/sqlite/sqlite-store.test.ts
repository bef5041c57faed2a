import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { itNeeding } from "../../../tools/testing/need.ts";
import { type JournalRecord, type SnapshotRow, StoreDamaged, type Write } from "../ports.ts";
import { append, putResource, putRun, record, resource, run } from "../suite/store-case.ts";
import { Connection, type SqliteDatabase, loadSqlite } from "./database.ts";
import type { GroupCommitOptions } from "./group-commit.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { storedColumns } from "./run-columns.ts";
import { SqliteStore } from "./sqlite-store.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stigmer-sqlite-"));
  path = join(directory, "stigmer.db");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (file = path): Promise<SqliteStore> => openSqliteStore({ path: file, programVersion: "0.0.0" });

function putRecord(key: string, value = "v"): Write {
  return { op: "putRecord", row: { space: "s", key, value } };
}

/** A record whose checksum and chain are right. */
function chained(key: number, seq: number, before: string | undefined): JournalRecord {
  const data = `data ${key}/${seq}`;
  return record(key, seq, { data, crc: crc32(data), chain: chainOf({ data }, before) });
}

const checks = {
  chainHolds: ({ data, chain }: JournalRecord, before: string | undefined): boolean =>
    chainOf({ data }, before) === chain,
  snapshotHolds: ({ data, crc }: SnapshotRow): boolean => crc32(data) === crc,
};

function chainOf({ data }: { readonly data: string }, before: string | undefined): string {
  return String(crc32(`${before ?? ""}|${data}`));
}

/** A store on a database of the test's own, whose statements can be made to fail. */
async function storeOver(
  wrap: (database: SqliteDatabase) => SqliteDatabase,
  log?: FakeLog,
  more: Partial<GroupCommitOptions> = {},
): Promise<SqliteStore> {
  const sqlite = await loadSqlite();
  const database = new sqlite.DatabaseSync(":memory:", { enableForeignKeyConstraints: false });
  migrate(new Connection(database), "0.0.0", migrations);
  const limits = { queuedWritesMax: 10, transactionWritesMax: 4, ...more };
  const connection = new Connection(wrap(database));
  return new SqliteStore({
    connection,
    path: ":memory:",
    limits,
    ...(log === undefined ? {} : { log }),
    checkFile: () => undefined,
    released: () => undefined,
  });
}

/** A log whose flushes end when the test says so. */
class FakeLog {
  flushes = 0;
  atOnce = 0;
  #end: ((error?: Error) => void) | undefined;

  flush(): Promise<void> {
    this.flushes += 1;
    return new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  flushNow(): void {
    this.atOnce += 1;
  }

  close(): void {
    this.#end = undefined;
  }

  /** Ends the flush that is under way. */
  end(error?: Error): void {
    this.#end?.(error);
  }
}

/** Lets everything happen that needs no flush. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A database that sees each SQL text before it runs. */
function spying(database: SqliteDatabase, before: (sql: string) => void): SqliteDatabase {
  return {
    get isTransaction() {
      return database.isTransaction;
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run(...parameters) {
          before(sql);
          return statement.run(...parameters);
        },
        get: (...parameters) => statement.get(...parameters),
        all: (...parameters) => statement.all(...parameters),
      };
    },
  };
}

describe("group commit", () => {
  test("writes the batches of a turn in one transaction, and no savepoints unless a batch is undone", async () => {
    const texts: string[] = [];
    const store = await storeOver((database) => spying(database, (sql) => texts.push(sql.split(" ")[0] ?? "")));
    const refused: Write = { op: "requireResource", kind: "k", id: "no", expect: "present" };
    await Promise.allSettled([store.commit([putRecord("a")]), store.commit([refused]), store.commit([putRecord("b")])]);
    expect(texts).toEqual(["begin", "insert", "insert", "commit"]);
    texts.length = 0;
    await Promise.allSettled([store.commit([putRecord("c"), refused]), store.commit([putRecord("d")])]);
    expect(texts).toEqual([
      "begin",
      "insert",
      "rollback",
      "begin",
      "savepoint",
      "insert",
      "rollback",
      "release",
      "savepoint",
      "insert",
      "release",
      "commit",
    ]);
    expect((await store.records.list("s")).map(({ key }) => key)).toEqual(["a", "b", "d"]);
  });

  test("splits what waits into transactions of bounded size, in order", async () => {
    let commits = 0;
    const store = await storeOver((database) => spying(database, (sql) => (commits += Number(sql === "commit"))));
    const writes = Array.from({ length: 9 }, (_, index) => store.commit([putRecord("k", String(index))]));
    await Promise.all(writes);
    expect(commits).toBe(3);
    expect(await store.records.get("s", "k")).toBe("8");
  });

  test("makes transactions no larger than fit the time they may take, by what the last ones took", async () => {
    const sizes: number[] = [];
    const count = (sql: string): void => {
      if (sql === "begin immediate") sizes.push(0);
      else if (sql.startsWith("insert")) sizes.push((sizes.pop() ?? 0) + 1);
    };
    const limits = { queuedWritesMax: 10_000, transactionWritesMax: 10_000, transactionMs: 0 };
    const store = await storeOver((database) => spying(database, count), undefined, limits);
    const many = (from: number, number: number): Promise<unknown> =>
      Promise.all(Array.from({ length: number }, (_, at) => store.commit([putRecord(String(from + at))])));
    await many(0, 1_000);
    expect(sizes, "nothing is known yet").toEqual([1_000]);
    await many(1_000, 600);
    expect(sizes).toEqual([1_000, 256, 256, 88]);
    await store.close();
  });

  test("begins no transaction while it is held, but writes all at the end", async () => {
    let isHeld = true;
    const store = await storeOver((database) => database, undefined, { isHeld: () => isHeld });
    let written = 0;
    const write = async (key: string): Promise<void> => {
      await store.commit([putRecord(key)]);
      written += 1;
    };
    const first = write("a");
    await turns();
    expect(written).toBe(0);
    isHeld = false;
    await first;
    isHeld = true;
    const last = write("b");
    await turns();
    expect(written).toBe(1);
    await store.close();
    await last;
  });

  test("refuses as overloaded what does not fit the queue, and takes it once there is room", async () => {
    const store = await storeOver((database) => database);
    const eleven = Array.from({ length: 11 }, (_, index) => store.commit([putRecord(String(index))]));
    await expect(eleven[10]).rejects.toMatchObject({ name: "StoreUnavailable", reason: "overloaded" });
    await Promise.all(eleven.slice(0, 10));
    const large = Array.from({ length: 20 }, (_, index) => putRecord(`large ${index}`));
    await store.commit(large);
    expect(await store.records.list("s")).toHaveLength(30);
  });

  test("fails for good when COMMIT reports an I/O error, without trying again", async () => {
    let broken = false;
    let commits = 0;
    const fail = (sql: string): void => {
      if (!broken || sql !== "commit") return;
      commits += 1;
      throw Object.assign(new Error("disk I/O error"), { errcode: 1034 });
    };
    const store = await storeOver((database) => spying(database, fail));
    await store.commit([putRecord("before")]);
    broken = true;
    const first = [store.commit([putRecord("a")]), store.commit([putRecord("b")])];
    for (const commit of first) await expect(commit).rejects.toMatchObject({ reason: "failed" });
    broken = false;
    await expect(store.commit([putRecord("c")])).rejects.toMatchObject({ reason: "failed" });
    expect(commits).toBe(1);
    expect((await store.records.list("s")).map(({ key }) => key)).toEqual(["before"]);
    expect(await store.health()).toMatchObject({
      healthy: false,
      description: expect.stringContaining("disk I/O error"),
    });
  });

  test("answers commits and reads only once the log was flushed, and writes nothing more until then", async () => {
    const log = new FakeLog();
    let commits = 0;
    const store = await storeOver((database) => spying(database, (sql) => (commits += Number(sql === "commit"))), log);
    const done: string[] = [];
    const note = (text: string) => (): void => void done.push(text);
    const first = Promise.all([store.commit([putRecord("a")]), store.commit([putRecord("b")])]).then(note("a, b"));
    await turns();
    const read = store.records.get("s", "a").then(note("read"));
    const second = store.commit([putRecord("c")]).then(note("c"));
    await turns();
    expect({ done: [...done], commits, flushes: log.flushes }).toEqual({ done: [], commits: 1, flushes: 1 });
    log.end();
    await Promise.all([first, read]);
    await turns();
    expect({ done: [...done].toSorted(), commits, flushes: log.flushes }).toEqual({
      done: ["a, b", "read"],
      commits: 2,
      flushes: 2,
    });
    log.end();
    await second;
    expect(await store.records.get("s", "c")).toBe("v");
  });

  test("lets reads of other things through while a transaction is flushed", async () => {
    const log = new FakeLog();
    const store = await storeOver((database) => database, log);
    const flushed = async (...batches: readonly (readonly Write[])[]): Promise<void> => {
      const commits = batches.map((batch) => store.commit(batch));
      await turns();
      log.end();
      await Promise.all(commits);
    };
    const one = resource("a");
    await flushed([putRun(run(1)), append(record(1, 1))], [putRun(run(2)), putResource(one), putRecord("x")]);
    const under = [store.commit([append(record(1, 2))]), store.commit([putRecord("y")])];
    await turns();
    const done: string[] = [];
    const note = async (name: string, reading: Promise<unknown>): Promise<void> => {
      await reading;
      done.push(name);
    };
    const readings = [
      note("run 1", store.runs.byKey(1)),
      note("run 2", store.runs.byKey(2)),
      note("run 2 by id", store.runs.get("run-2")),
      note("no run", store.runs.get("run-3")),
      note("journal 1", store.journal.read(1, 1, 9)),
      note("journal 2", store.journal.read(2, 1, 9)),
      note("runs", store.runs.list({ limit: 9 })),
      note("resource", store.resources.get(one.kind, one.id)),
      note("record", store.records.get("s", "x")),
    ];
    await turns();
    expect(done.toSorted()).toEqual(["journal 2", "resource", "run 2", "run 2 by id"]);
    log.end();
    await Promise.all([...readings, ...under]);
  });

  test("flushes at once for one that comes alone again and again", async () => {
    const log = new FakeLog();
    const store = await storeOver((database) => database, log);
    const first = store.commit([putRecord("a")]);
    await turns();
    log.end();
    await first;
    await store.commit([putRecord("b")]);
    await store.commit([putRecord("c")]);
    expect(log).toMatchObject({ flushes: 1, atOnce: 2 });
  });

  test("fails for good when the log cannot be flushed: nothing is acknowledged, and what may be lost is not read", async () => {
    const log = new FakeLog();
    const store = await storeOver((database) => database, log);
    const first = [store.commit([putRecord("a")]), store.commit([putRecord("b")])];
    await turns();
    const queued = store.commit([putRecord("c")]);
    const read = store.records.get("s", "a");
    log.end(new Error("EIO: i/o error, fdatasync"));
    for (const refused of [...first, queued, read, store.commit([putRecord("d")])]) {
      await expect(refused).rejects.toMatchObject({ reason: "failed", message: expect.stringContaining("EIO") });
    }
    await expect(store.records.get("s", "a")).rejects.toMatchObject({ reason: "failed" });
    expect(log.flushes).toBe(1);
    expect(await store.health()).toMatchObject({ healthy: false, description: expect.stringContaining("EIO") });
  });

  test("close waits for the flush under way and writes what is queued", async () => {
    const log = new FakeLog();
    const store = await storeOver((database) => database, log);
    const commits = [store.commit([putRecord("a")]), store.commit([putRecord("b")])];
    await turns();
    commits.push(store.commit([putRecord("c")]));
    const closed = store.close();
    for (let flush = 0; flush < 2; flush++) {
      await turns();
      log.end();
    }
    await closed;
    await Promise.all(commits);
    await expect(store.commit([putRecord("d")])).rejects.toMatchObject({ reason: "closed" });
  });

  test("says that the file is damaged where a read finds a page of it that is", async () => {
    const store = await open();
    const value = "x".repeat(300);
    await store.commit(Array.from({ length: 100 }, (_, index) => putRecord(`marked ${index}`, value)));
    await store.commit([putRun(run(1))]);
    await store.close();
    const content = readFileSync(path);
    const page = Math.floor(content.lastIndexOf("marked 50") / 4096) * 4096;
    writeFileSync(path, content.fill(0xff, page, page + 4096));
    const damaged = await open();
    await expect(damaged.records.list("s")).rejects.toThrow(StoreDamaged);
    await expect(damaged.records.list("s")).rejects.toThrow(/"stigmer doctor".*restore a backup/u);
    expect(await damaged.runs.byKey(1)).toMatchObject({ id: "run-1" });
    expect((await damaged.verify(checks)).fileProblems).not.toEqual([]);
    await damaged.close();
  });

  test("blames a value that cannot be stored on its batch alone", async () => {
    const store = await open();
    const odd: Write = { op: "putRecord", row: { space: "s", key: "odd", value: Symbol("odd") as unknown as string } };
    const nothing: Write = { op: "updateRun", run: 1, changes: { slug: null } };
    const commits = [
      store.commit([putRun(run(1)), putRecord("a")]),
      store.commit([putRecord("x"), odd]),
      store.commit([putRecord("y"), nothing]),
      store.commit([append(record(1, 1))]),
    ];
    const results = await Promise.allSettled(commits);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect((await store.records.list("s")).map(({ key }) => key)).toEqual(["a"]);
    await store.close();
  });

  test("refuses writes on a full database, goes on reading, and writes again once there is room", async () => {
    const sqlite = await loadSqlite();
    const database = new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false });
    const connection = new Connection(database);
    migrate(connection, "0.0.0", migrations);
    const limits = { queuedWritesMax: 1000, transactionWritesMax: 1000 };
    const store = new SqliteStore({
      connection,
      path,
      limits,
      checkFile: () => undefined,
      released: () => undefined,
    });
    await store.commit([putRun(run(1)), append(record(1, 1))]);
    database.exec(`pragma max_page_count = ${store.inspect().pages + 2}`);
    const large = putRecord("large", "x".repeat(100_000));
    const both = [store.commit([append(record(1, 2))]), store.commit([large])];
    for (const commit of both)
      await expect(commit).rejects.toMatchObject({ name: "StoreUnavailable", reason: "diskFull" });
    expect(await store.health()).toMatchObject({ healthy: false });
    expect(await store.journal.read(1, 1, 10)).toEqual([record(1, 1)]);
    await store.commit([append(record(1, 2))]);
    expect(await store.health()).toMatchObject({ healthy: true });
    database.exec("pragma max_page_count = 1000000");
    await store.commit([large, append(record(1, 3))]);
    expect(await store.journal.read(1, 1, 10)).toHaveLength(3);
    await store.close();
  });
});

/** How this user mounts a file system: as root, or in CI by a sudo that asks nothing. */
const MOUNTER = process.getuid?.() === 0 || process.env["CI"] !== "true" ? [] : ["sudo", "-n"];

function asMounter(...command: readonly string[]): void {
  const [program = "", ...args] = [...MOUNTER, ...command];
  execFileSync(program, args, { stdio: "ignore" });
}

/** A small file system of its own. */
function mountSmallDisk(at: string): void {
  mkdirSync(at);
  asMounter("mount", "-t", "tmpfs", "-o", "size=2m,mode=1777", "none", at);
}

// Lazily: a driver may hold a file until its statements are collected.
const unmount = (disk: string): void => asMounter("umount", "--lazy", disk);

/** Whether a file system can be mounted is known by doing so. */
function lackOfMounts(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "stigmer-mount-"));
  try {
    mountSmallDisk(join(folder, "disk"));
    unmount(join(folder, "disk"));
    return undefined;
  } catch {
    return "needs to mount a file system, which this user may not here";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("SqliteStore", () => {
  itNeeding(
    lackOfMounts(),
    "loses nothing on a disk that is full, and writes again after the ballast was given up",
    async () => {
      const disk = join(directory, "disk");
      mountSmallDisk(disk);
      try {
        const file = join(disk, "stigmer.db");
        const store = await openSqliteStore({ path: file, programVersion: "0.0.0", ballastBytes: 500_000 });
        await store.commit([putRun(run(1))]);
        let written = 0;
        let error: unknown;
        for (; error === undefined; written++) {
          error = await store.commit([append(record(1, written + 1, { data: "x".repeat(5000) }))]).then(
            () => undefined,
            (reason: unknown) => reason,
          );
        }
        expect(error).toMatchObject({ reason: "diskFull" });
        expect(await store.journal.read(1, 1, 10_000)).toHaveLength(written - 1);
        store.releaseBallast();
        await store.commit([append(record(1, written))]);
        await store.close();
        const again = await open(file);
        expect(await again.journal.read(1, 1, 10_000)).toHaveLength(written);
        await again.close();
      } finally {
        unmount(disk);
      }
    },
  );

  const losses: readonly { readonly name: string; readonly lose: () => void; readonly cause: string }[] = [
    { name: "the database was deleted", lose: () => rmSync(path), cause: `the file "PATH" was deleted` },
    { name: "the log was deleted", lose: () => rmSync(`${path}-wal`), cause: `the file "PATH-wal" was deleted` },
    {
      name: "the database was replaced",
      lose() {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
      cause: `the file "PATH" was replaced`,
    },
  ];
  test.each(losses)("fails for good when $name under it, and acknowledges nothing", async ({ lose, cause }) => {
    const store = await open();
    await store.commit([putRecord("a")]);
    lose();
    const refusal = { reason: "failed", message: expect.stringContaining(cause.replace("PATH", path)) };
    await expect(store.commit([putRecord("b")])).rejects.toMatchObject(refusal);
    await expect(store.commit([putRecord("c")])).rejects.toMatchObject(refusal);
    expect(await store.records.get("s", "a")).toBe("v");
    await store.close();
  });

  test("health notices a deleted database though nothing is written", async () => {
    const store = await open();
    expect(await store.health()).toMatchObject({ healthy: true });
    rmSync(path);
    expect(await store.health()).toMatchObject({ healthy: false, description: expect.stringContaining("was deleted") });
    await store.close();
  });

  test("backup copies a database that is written to meanwhile, and the copy opens as it was at one moment", async () => {
    const store = await open();
    await store.commit([
      putRun(run(1)),
      ...Array.from({ length: 2000 }, (_, index) => putRecord(`r${index}`, "x".repeat(2000))),
    ]);
    const target = join(directory, "backup.db");
    let done = false;
    let meanwhile = 0;
    let last: string | undefined;
    const backup = store.backup(target, checks).finally(() => (done = true));
    for (let seq = 1; !done; seq++) {
      const next = chained(1, seq, last);
      last = next.chain;
      const moved: Write = { op: "updateRun", run: 1, changes: { head: seq } };
      await store.commit([append(next), moved, putRecord("head", String(seq))]);
      meanwhile += done ? 0 : 1;
    }
    const verified = await backup;
    expect(meanwhile).toBeGreaterThan(0);
    const copy = await open(target);
    expect(await copy.records.list("s", "r")).toHaveLength(2000);
    const head = Number((await copy.records.get("s", "head")) ?? 0);
    expect(await copy.journal.read(1, 1, 100_000)).toHaveLength(head);
    expect(verified).toEqual({ damage: [], runs: 1, records: head });
    await copy.close();
    await expect(store.backup(target, checks)).rejects.toThrow("the file exists");
    await store.close();
  });

  test("backup refuses to keep a copy with a damaged journal, but for a run that is quarantined", async () => {
    const store = await open();
    const first = chained(1, 1, undefined);
    await store.commit([
      putRun(run(1, { head: 2 })),
      append(first),
      append({ ...chained(1, 2, first.chain), data: "changed" }),
    ]);
    const target = join(directory, "backup.db");
    await expect(store.backup(target, checks)).rejects.toMatchObject({
      reason: "damaged",
      message: `Cannot use "${target}.partial" as a backup: run run-1, record 2: the checksum does not match the data`,
    });
    expect(readdirSync(directory).filter((name) => name.startsWith("backup"))).toEqual([]);
    await store.commit([{ op: "updateRun", run: 1, changes: { status: "quarantined" } }]);
    expect(await store.backup(target, checks)).toMatchObject({ runs: 1, records: 2, damage: [{ seq: 2 }] });
    await store.close();
  });

  test("inspect tells sizes and schema", async () => {
    const store = await open();
    await store.commit([putResource(resource("a"))]);
    expect(store.inspect()).toMatchObject({ path, schemaVersion: migrations.length, pageBytes: 4096, ballastBytes: 0 });
    expect(store.inspect().logBytes).toBeGreaterThan(0);
    expect(store.inspect().diskFreeBytes).toBeGreaterThan(0);
    await store.close();
  });
});

describe("verify", () => {
  async function soundDatabase(): Promise<void> {
    const store = await open();
    for (let key = 1; key <= 3; key++) {
      const records: JournalRecord[] = [];
      for (let seq = 1; seq <= 4; seq++) records.push(chained(key, seq, records.at(-1)?.chain));
      const snapshot = { run: key, seq: 4, data: "{}", crc: crc32("{}"), chain: records.at(-1)?.chain ?? "" };
      await store.commit([putRun(run(key, { head: 4 })), ...records.map(append), { op: "putSnapshot", row: snapshot }]);
    }
    await store.close();
  }

  const full = run(1, {
    reason: "odd \ud800 text \u0000 here",
    startedAt: 5,
    endedAt: 6,
    idempotencyKey: "key",
    parentRun: 7,
    parentCommand: 8,
    labels: { a: "b" },
    data: new Uint8Array([1, 2, 3]),
    output: "{}",
    fault: "{}",
  });

  test.each(storedColumns.filter((column) => column !== "run"))(
    "a run whose %s was changed in the file is quarantined and says why, also when it is written after that",
    async (column) => {
      const store = await open();
      await store.commit([putRun(full), putRun(run(2))]);
      expect(await store.runs.byKey(1)).not.toHaveProperty("status", "quarantined");
      await store.close();
      const sqlite = await loadSqlite();
      const database = new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false });
      const number = typeof database.prepare(`select ${column} as value from runs`).get()?.["value"] === "number";
      database
        .prepare(`update runs set ${column} = ? where run = 1`)
        .run(number ? 3 : column === "data" ? new Uint8Array([1, 2, 4]) : '{"x":"y"}');
      database.close();
      const damaged = await open();
      const wanted = { status: "quarantined", active: false, reason: expect.stringContaining("fails its checksum") };
      expect(await damaged.runs.byKey(1)).toMatchObject(wanted);
      expect(await damaged.runs.byKey(2)).not.toHaveProperty("status", "quarantined");
      expect((await damaged.verify(checks)).damage).toContainEqual(
        expect.objectContaining({ run: 1, problem: "the checksum of the run's row does not match it" }),
      );
      await damaged.commit([{ op: "updateRun", run: 1, changes: { status: "running", output: null } }]);
      expect(await damaged.runs.byKey(1)).toMatchObject(wanted);
      await damaged.close();
    },
  );

  const headDamages = [
    "update run_heads set head = head + 8 where run = 1",
    "update run_heads set head = 0 where run = 1",
    "update run_heads set version = version + 65536 where run = 1",
    "update run_heads set mark = mark + 1 where run = 1",
    "update run_heads set run = 3 where run = 1",
    "delete from run_heads where run = 1",
  ];
  test.each(headDamages)("a run after %j is quarantined and named, also when it is written after that", async (sql) => {
    const store = await open();
    await store.commit([putRun(run(1)), putRun(run(2)), append(chained(1, 1, undefined))]);
    await store.commit([{ op: "updateRun", run: 1, changes: { head: 1 } }]);
    expect((await store.runs.byKey(1))?.status).toBe("running");
    await store.close();
    const sqlite = await loadSqlite();
    const database = new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false });
    database.exec(sql);
    database.close();
    const damaged = await open();
    for (let write = 0; write < 2; write++) {
      expect(await damaged.runs.byKey(1)).toMatchObject({ status: "quarantined" });
      expect((await damaged.runs.list({ limit: 10 })).rows.map(({ status }) => status)).toContain("quarantined");
      expect((await damaged.runs.byKey(2))?.status).toBe("running");
      expect((await damaged.verify(checks)).damage).toContainEqual(
        expect.objectContaining({ run: 1, problem: "the head of the run fails its check" }),
      );
      await damaged.commit([{ op: "updateRun", run: 1, changes: { head: 1 } }]);
    }
    await damaged.close();
  });

  const damages: readonly { readonly name: string; readonly sql: string; readonly want: readonly object[] }[] = [
    { name: "nothing in a sound database", sql: "select 1", want: [] },
    {
      name: "changed data",
      sql: "update journal set data = 'data 2/X' where run = 2 and seq = 3",
      want: [{ run: 2, id: "run-2", isQuarantined: false, seq: 3, problem: "the checksum does not match the data" }],
    },
    {
      name: "changed data with a checksum to match",
      sql: `update journal set data = 'other', crc = ${crc32("other")} where run = 2 and seq = 2`,
      want: [{ run: 2, id: "run-2", isQuarantined: false, seq: 2, problem: "the hash chain is broken" }],
    },
    {
      name: "a lost end",
      sql: "delete from journal where run = 1 and seq = 4; delete from snapshots where run = 1",
      want: [
        { run: 1, id: "run-1", isQuarantined: false, problem: "the journal ends at record 3, the run's head is 4" },
      ],
    },
    {
      name: "a snapshot ahead of the journal",
      sql: "update snapshots set seq = 9 where run = 3",
      want: [{ run: 3, id: "run-3", isQuarantined: false, seq: 9, problem: "the snapshot is ahead of the journal" }],
    },
    {
      name: "a changed snapshot",
      sql: "update snapshots set data = '{ }', chain = 'x' where run = 3",
      want: [
        {
          run: 3,
          id: "run-3",
          isQuarantined: false,
          seq: 4,
          problem: "the snapshot has another hash chain than its journal record",
        },
        {
          run: 3,
          id: "run-3",
          isQuarantined: false,
          seq: 4,
          problem: "the checksum of the snapshot does not match its data",
        },
      ],
    },
  ];
  test.each(damages)("finds $name", async ({ sql, want }) => {
    await soundDatabase();
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    const store = await open();
    const { fileProblems, damage, runs } = await store.verify(checks);
    expect({ fileProblems, damage, runs }).toEqual({ fileProblems: [], damage: want, runs: 3 });
    await store.close();
  });

  test("finds a gap and goes on with the other runs", async () => {
    await soundDatabase();
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(path);
    database.exec("delete from journal where run = 1 and seq = 2");
    database.close();
    const store = await open();
    const { damage } = await store.verify(checks);
    expect(damage).toContainEqual({
      run: 1,
      id: "run-1",
      isQuarantined: false,
      seq: 3,
      problem: "record 2 is missing",
    });
    expect(damage.every((problem) => problem.run === 1)).toBe(true);
    await store.close();
  });

  test("finds a damaged page", async () => {
    await soundDatabase();
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(path);
    const root = database.prepare("select rootpage from sqlite_schema where name = 'journal_run'").get()?.["rootpage"];
    database.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, (Number(root) - 1) * 4096 + 8, Number(root) * 4096);
    writeFileSync(path, bytes);
    const store = await open();
    const { fileProblems } = await store.verify(checks);
    expect(fileProblems.join()).toContain(`page ${String(root)}`);
    await store.close();
  });
});
