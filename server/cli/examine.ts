import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import { isPeerInstalled } from "../activities/asyncapi/peer-package.ts";
import type { Config } from "../config/settings.ts";
import { version } from "../config/version.ts";
import { lockHolder } from "../store/sqlite/lock-file.ts";
import { sandboxProblem } from "../activities/process/sandbox.ts";
import { loadSqlite } from "../store/sqlite/database.ts";
import { reachable } from "./connection.ts";
import { examineDisk } from "./examine-disk.ts";
import type { Finding } from "./finding.ts";

const PEERS = {
  kafkajs: "Kafka",
  mqtt: "MQTT",
  amqplib: "AMQP",
  "@nats-io/transport-node": "NATS",
  redis: "Redis",
  ws: "WebSocket",
};

/** Looks at everything a server with these settings needs. Changes nothing: what it tries out on the disk is gone when it answers. */
export async function examine(config: Config): Promise<readonly Finding[]> {
  const missing = Object.entries(PEERS).filter(([name]) => !isPeerInstalled(name));
  return [
    { state: "ok", what: "stigmer", says: `${version} (${process.platform} ${process.arch})` },
    node(),
    ...(config.ephemeral ? [] : await data(path.resolve(config.data))),
    await database(),
    await port(config),
    clock(),
    missing.length === 0
      ? { state: "ok", what: "protocols", says: "every optional protocol client is installed" }
      : {
          state: "note",
          what: "protocols",
          says: `asyncapi calls over ${missing.map(([, protocol]) => protocol).join(", ")} need ${missing.map(([name]) => name).join(", ")}`,
        },
    config.allowRun.length === 0
      ? { state: "note", what: "programs", says: "run tasks start no programs (allow them with --allow-run)" }
      : { state: "ok", what: "programs", says: `run tasks may start: ${config.allowRun.join(", ")}` },
    sandbox(config),
  ];
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return {
    state: enough ? "ok" : "bad",
    what: "node",
    says: `${process.version}${enough ? "" : ", 20.19 or later is needed"}`,
  };
}

async function data(folder: string): Promise<readonly Finding[]> {
  const info = await stat(folder).catch(() => undefined);
  if (info !== undefined && !info.isDirectory())
    return [{ state: "bad", what: "data", says: `${folder} is not a directory` }];
  const existing = info === undefined ? await nearestExisting(folder) : folder;
  const writable = await access(existing, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable) return [{ state: "bad", what: "data", says: `${existing} cannot be written to by this user` }];
  const disk = await examineDisk(existing, path.join(folder, "stigmer.db"));
  const holder = lockHolder(path.join(folder, "stigmer.db"));
  return [
    { state: "ok", what: "data", says: info === undefined ? `${folder} will be made` : folder },
    holder === undefined
      ? { state: "ok", what: "lock", says: "no other server uses the database" }
      : { state: "note", what: "lock", says: `a server runs on this database (process ${holder.pid})` },
    ...(info === undefined ? [] : [permissions(folder, info.mode)]),
    ...disk,
  ];
}

/** What is in there is for the server's user alone: inputs, outputs, sealed secrets. */
function permissions(folder: string, mode: number): Finding {
  const others = process.platform === "win32" ? 0 : mode & 0o077;
  return others === 0
    ? { state: "ok", what: "permissions", says: "only this user can look into the data" }
    : { state: "note", what: "permissions", says: `other users may look into ${folder}: chmod 700 keeps them out` };
}

async function database(): Promise<Finding> {
  try {
    const { DatabaseSync } = await loadSqlite();
    const opened = new DatabaseSync(":memory:");
    const row = opened.prepare("select sqlite_version() as version").get();
    opened.close();
    return { state: "ok", what: "database", says: `SQLite ${String(row?.["version"])}` };
  } catch (error) {
    return { state: "bad", what: "database", says: `SQLite cannot be loaded: ${(error as Error).message}` };
  }
}

/** A clock that was never set gives runs times before this product existed; timers would all be due at once when it is set right. */
function clock(): Finding {
  const now = new Date();
  return now.getUTCFullYear() >= 2025
    ? { state: "ok", what: "clock", says: now.toISOString() }
    : { state: "bad", what: "clock", says: `it says ${now.toISOString()}: set it before timers rely on it` };
}

function sandbox(config: Config): Finding {
  const problem = sandboxProblem(config);
  if (problem === undefined)
    return {
      state: "ok",
      what: "sandbox",
      says: config.sandbox === "none" ? "off: programs have limits only" : "programs can be confined",
    };
  const needed = config.allowRun.some((ability) => ability !== "container");
  return { state: needed ? "bad" : "note", what: "sandbox", says: problem };
}

async function nearestExisting(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  const above = path.dirname(folder);
  return found !== undefined || above === folder ? folder : nearestExisting(above);
}

async function port({ host, port: wanted }: Config): Promise<Finding> {
  if (wanted === 0) return { state: "ok", what: "port", says: "chosen by the system" };
  const address = `${host}:${wanted}`;
  return (await reachable(address))
    ? {
        state: "note",
        what: "port",
        says: `something listens on ${address} already: a server there, or choose another --port`,
      }
    : { state: "ok", what: "port", says: `${address} is free` };
}
