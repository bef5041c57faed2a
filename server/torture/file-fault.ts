import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadSqlite } from "../store/sqlite/database.ts";
import { ApiClient, Refusal } from "./api-client.ts";
import { EchoService } from "./echo-service.ts";
import { type ServerOptions, ServerProcess } from "./server-process.ts";
import { Workload } from "./workload.ts";

/** A data directory that something happened to before the server starts. The server must refuse it, or start and keep its word. */
interface BadStart {
  readonly name: string;
  /** What the server is to say; undefined where it is to start. */
  readonly says?: RegExp;
  prepare(data: string, keep: { readonly server: ServerProcess }): Promise<void> | void;
  readonly options?: Partial<ServerOptions>;
}

/** Something that happens to the files of a running server. It must fail-stop: refuse the next write clearly and end with status 1. */
interface BadTurn {
  readonly name: string;
  readonly says: RegExp;
  happen(database: string): void;
}

const kill = async (_data: string, { server }: { readonly server: ServerProcess }): Promise<void> =>
  void (await server.end("SIGKILL"));
const stop = async (_data: string, { server }: { readonly server: ServerProcess }): Promise<void> =>
  void (await server.end("SIGTERM"));
const databaseOf = (data: string): string => path.join(data, "stigmer.db");

async function sql(file: string, statements: string): Promise<void> {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file);
  database.exec(statements);
  database.close();
}

const NOBODY = 65_534;

/** What may be wrong before the start. Each begins with a running server that has acknowledged something. */
export const badStarts: readonly BadStart[] = [
  {
    name: "the file is empty",
    says: /Cannot open database ".*": the file is empty; restore a backup/u,
    async prepare(data, keep) {
      await stop(data, keep);
      writeFileSync(databaseOf(data), "");
    },
  },
  {
    name: "the file is no database",
    says: /Cannot open database ".*": its content is not that of a database/u,
    async prepare(data, keep) {
      await stop(data, keep);
      writeFileSync(databaseOf(data), "just a text, and long enough to be taken for a header of a file ".repeat(200));
    },
  },
  {
    name: "the file is another program's database",
    says: /Cannot open database ".*": it is a database of another program/u,
    async prepare(data, keep) {
      await stop(data, keep);
      rmSync(databaseOf(data));
      await sql(databaseOf(data), "create table notes (text)");
    },
  },
  {
    name: "the schema is newer",
    says: /Cannot open database ".*": its schema 999 is newer than \d+.*use version/u,
    async prepare(data, keep) {
      await stop(data, keep);
      await sql(databaseOf(data), "pragma user_version = 999");
    },
  },
  {
    name: "a directory is in place of the file",
    says: /Cannot open database ".*": /u,
    async prepare(data, keep) {
      await stop(data, keep);
      rmSync(databaseOf(data));
      mkdirSync(databaseOf(data));
    },
  },
  {
    name: "a file is in place of the data directory",
    says: /Cannot use data directory ".*": /u,
    async prepare(data, keep) {
      await stop(data, keep);
      rmSync(data, { recursive: true });
      writeFileSync(data, "");
    },
  },
  {
    name: "the files belong to somebody else",
    says: /Cannot (?:open|read|use) .*(?:permission|EACCES|unable to open|readonly|owner)/u,
    prepare: stop,
    options: { user: NOBODY },
  },
  {
    name: "the file is half gone",
    says: /Cannot open database ".*": /u,
    async prepare(data, keep) {
      await stop(data, keep);
      truncateSync(databaseOf(data), 3 * 4_096 + 100);
    },
  },
  {
    name: "the database is gone and its log is there",
    says: /Cannot open database ".*": the file is gone but its write-ahead log is there/u,
    async prepare(data, keep) {
      await kill(data, keep);
      unlinkSync(databaseOf(data));
    },
  },
  {
    name: "the log of a killed server is gone",
    says: /Cannot open database ".*": its write-ahead log is gone/u,
    async prepare(data, keep) {
      await kill(data, keep);
      unlinkSync(`${databaseOf(data)}-wal`);
    },
  },
  {
    name: "another server has it open",
    says: /Cannot open database ".*": process \d+ has it open; stop that process/u,
    prepare: () => undefined,
  },
  { name: "the server was killed", prepare: kill },
  {
    name: "a lock file names a process that is gone",
    async prepare(data, keep) {
      await stop(data, keep);
      writeFileSync(`${databaseOf(data)}.lock`, "4194303\nsome-boot/1\n");
    },
  },
];

/** What may happen while the server runs. */
export const badTurns: readonly BadTurn[] = [
  { name: "the database is deleted", says: /stigmer\.db" was deleted while/u, happen: (file) => unlinkSync(file) },
  {
    name: "the database is replaced by a copy",
    says: /stigmer\.db" was replaced while/u,
    happen(file) {
      cpSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
  },
  {
    name: "the log is deleted",
    says: /stigmer\.db-wal" was deleted while/u,
    happen: (file) => unlinkSync(`${file}-wal`),
  },
  {
    name: "the directory is moved away",
    says: /stigmer\.db" was deleted while/u,
    happen: (file) => renameSync(path.dirname(file), `${path.dirname(file)}.moved`),
  },
];

/** Tries one; gives what is not as it should be. */
export async function tryBadStart({ says, prepare, options }: BadStart): Promise<readonly string[]> {
  return withServer(async ({ data, server, workload, client }) => {
    client.close();
    await prepare(data, { server });
    const before = contentOf(databaseOf(data));
    const again = new ServerProcess({ data, ...options });
    const address = await again.ready;
    const wrong: string[] = [];
    if (says !== undefined) {
      if (address !== undefined) wrong.push("the server starts");
      const { status } = address === undefined ? await again.ended : await again.end("SIGTERM");
      if (status !== 1) wrong.push(`it ends with ${String(status)}`);
      if (!says.test(again.log)) wrong.push(`it says: ${again.log}`);
      if (again.log.trim().split("\n").length > 2) wrong.push(`it says more than a line: ${again.log}`);
      if (before !== undefined && !before.equals(contentOf(databaseOf(data)) ?? Buffer.alloc(0)))
        wrong.push("the refused file was changed");
    } else if (address === undefined) wrong.push(`it does not start: ${again.log}`);
    else {
      const reader = new ApiClient(address);
      wrong.push(...(await workload.lost(reader)), ...(await workload.settle(reader)));
      reader.close();
      await again.end("SIGTERM");
    }
    await server.end("SIGKILL");
    return wrong;
  });
}

/** Tries one; gives what is not as it should be. */
export async function tryBadTurn({ says, happen }: BadTurn): Promise<readonly string[]> {
  return withServer(async ({ data, server, workload, client }) => {
    happen(databaseOf(data));
    const wrong: string[] = [];
    try {
      await workload.start(client, "sum");
      wrong.push("a write is acknowledged");
    } catch (error) {
      if (error instanceof Refusal && error.code !== "unavailable") wrong.push(`refused with ${error.message}`);
    }
    client.close();
    const { status } = await server.ended;
    if (status !== 1) wrong.push(`the server ends with ${String(status)}`);
    if (!says.test(server.log)) wrong.push(`it says: ${server.log}`);
    if (/\n\s+at /u.test(server.log)) wrong.push(`it prints a stack trace: ${server.log}`);
    return wrong;
  });
}

interface Running {
  readonly data: string;
  readonly server: ServerProcess;
  readonly workload: Workload;
  readonly client: ApiClient;
}

async function withServer(work: (running: Running) => Promise<readonly string[]>): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "stigmer-torture-files-"));
  const echo = await EchoService.start();
  try {
    const data = path.join(folder, "data");
    const { server, address } = await ServerProcess.start({ data });
    const client = new ApiClient(address);
    const workload = new Workload(echo);
    await workload.define(client);
    for (const kind of ["sum", "order"] as const) await workload.start(client, kind);
    return await work({ data, server, workload, client });
  } finally {
    await echo.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function contentOf(file: string): Buffer | undefined {
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
}
