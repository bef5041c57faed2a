import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "vitest";
import { findProgram } from "../process/find-program.ts";

/*
 * Real peers for tests: servers that are programs of their own. Where a program is absent its tests are skipped by name with the reason; in CI they fail instead, so that none is lost unseen.
 */

/** Describes tests that need a program; without it one test says so. */
export function describeWith(program: string, name: string, body: () => void): void {
  if (findProgram(program, searchPath()) !== undefined) {
    describe(name, body);
    return;
  }
  describe(name, () => {
    const reason = `needs ${program}, which is not installed`;
    if (process.env["CI"] === "true") {
      it(reason, () => {
        throw new Error(reason);
      });
    } else it.skip(reason, () => {});
  });
}

/** A server program under way. */
export interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server program on a free port, in a directory of its own, and waits until it takes connections. */
export async function startPeer(
  program: string,
  args: (port: number, directory: string) => readonly string[],
): Promise<Peer> {
  const file = findProgram(program, searchPath());
  if (file === undefined) throw new Error(`${program} is not installed`);
  const directory = mkdtempSync(path.join(tmpdir(), "stigmer-peer-"));
  const port = await freePort();
  const child = spawn(file, [...args(port, directory)], { stdio: "ignore", cwd: directory });
  await reachable(port, child);
  return {
    port,
    async stop() {
      const gone = new Promise<void>((resolve) => {
        child.once("exit", () => resolve());
      });
      child.kill("SIGTERM");
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function searchPath(): string {
  return `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function reachable(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => setTimeout(() => resolve(false), 10));
    });
    if (connected) return;
  }
  throw new Error(`the peer ended with ${child.exitCode}`);
}
