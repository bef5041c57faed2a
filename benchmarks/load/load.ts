import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { EngineRequest } from "../engine-under-test.ts";

/** What the load generator saw. */
export interface LoadFigures {
  readonly completed: number;
  readonly perSecond: number;
  /** Milliseconds from sending, or from when it was due, to the whole answer. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** How to send: `rate` a second makes it an open loop; `count` sends no more than that, with numbers from `first` on. */
export interface LoadOptions {
  readonly connections: number;
  readonly windowMs: number;
  readonly expected: string;
  readonly rate?: number;
  readonly count?: number;
  readonly first?: number;
}

/** Sends requests to one engine; rejects at the first error. */
export type Load = (address: string, request: EngineRequest, options: LoadOptions) => Promise<LoadFigures>;

/** Compiles the load generator into a folder. */
export function compileLoad(folder: string): Load {
  const program = path.join(folder, "load");
  execFileSync("gcc", ["-O2", "-o", program, path.join(import.meta.dirname, "load.c")]);
  let files = 0;
  return async (address, request, { connections, windowMs, expected, rate = 0, count = 0, first = 100_000 }) => {
    const file = path.join(folder, `request-${files++}`);
    writeFileSync(file, wireForm(address, request));
    const [host = "", port = ""] = address.split(":");
    const figures = [connections, windowMs, file, expected, rate, count, first].map(String);
    const given = [host, port, ...figures];
    const { stdout } = await promisify(execFile)(program, given).catch((error: unknown) => {
      // What it says, without the command and where it lies.
      throw new Error(String((error as { stderr?: string }).stderr ?? error).trim());
    });
    return JSON.parse(stdout) as LoadFigures;
  };
}

function wireForm(address: string, { path: target, body }: EngineRequest): string {
  const head = `POST ${target} HTTP/1.1\r\nhost: ${address}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  return `${head}\r\n\r\n${body}`;
}
