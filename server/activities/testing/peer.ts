import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findProgram } from "../process/find-program.ts";

/*
 * Real peers for tests: servers that are programs of their own. tools/testing/need.ts says what becomes of tests where a program is absent.
 */

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
  const file = requireProgram(program);
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

/** Where a program is; one that is absent is an error, since its tests are not described then. */
export function requireProgram(program: string): string {
  const file = findProgram(program, searchPath());
  if (file === undefined) throw new Error(`${program} is not installed`);
  return file;
}

function searchPath(): string {
  return `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
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

/** Resolves once a child takes connections; rejects where it ends before. */
export async function reachable(port: number, child: ChildProcess): Promise<void> {
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
