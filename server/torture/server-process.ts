import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const dist = path.join(root, "server/dist");

/** Variable of the environment by which a process is told of the bundle that another built. */
export const bundleVariable = "STIGMER_TORTURE_BUNDLE";

/** The entry of a bundle built from the source as it is now, in a folder of its own (others may build meanwhile) that goes with this process. Built once in a process, or once for all its jobs. */
export function serverBundle(): string {
  built ??= process.env[bundleVariable];
  if (built !== undefined) return built;
  mkdirSync(dist, { recursive: true });
  removeLeftBundles();
  const folder = mkdtempSync(path.join(dist, `torture-${process.pid}-`));
  // A server may run as another user.
  chmodSync(folder, 0o755);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const bundle = path.join(folder, "bundle");
  const script = `import { bundle } from ${JSON.stringify(path.join(root, "tools/build.mjs"))}; await bundle(${JSON.stringify(bundle)});`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot build the server: ${stderr}`);
  built = path.join(bundle, "stigmer.js");
  return built;
}

let built: string | undefined;

/** A test runner ends its processes without giving them time to clean up: what those left that are gone goes now. */
function removeLeftBundles(): void {
  for (const name of readdirSync(dist)) {
    const pid = /^torture-(\d+)-/u.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(path.join(dist, name), { recursive: true, force: true });
  }
}

/** How to start a server process. */
export interface ServerOptions {
  readonly data: string;
  /** A program and its arguments that run the server: a tracer, a limiter. */
  readonly under?: readonly string[];
  /** Arguments of Node. */
  readonly node?: readonly string[];
  /** More arguments of `stigmer server`. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Id of the user it runs as, where this process may choose. */
  readonly user?: number;
}

/** How a process ended: its exit status, or the signal that ended it. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The shipped server as a process of its own, driven over its API. */
export class ServerProcess {
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  /** Resolves to `host:port` once it is ready, or to undefined when it ends before. */
  readonly ready: Promise<string | undefined>;
  #log = "";

  constructor({ data, under = [], node = [], args = [], env = {}, user }: ServerOptions) {
    const server = ["server", "--port", "0", "--data", data, "--allow-network", "127.0.0.1", "--log-level", "warn"];
    const command = [...under, process.execPath, ...node, serverBundle(), ...server, ...args];
    const base = { PATH: process.env["PATH"], HOME: process.env["HOME"], TZ: "UTC", NO_COLOR: "1" };
    this.child = spawn(command[0] as string, command.slice(1), {
      env: { ...base, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(user === undefined || process.getuid?.() !== 0 ? {} : { uid: user, gid: user }),
    });
    const stop = (): void => void this.child.kill("SIGKILL");
    process.once("exit", stop);
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => {
        this.#log += error.message;
        resolve({ status: null, signal: null });
      });
      this.child.once("close", (status, signal) => {
        process.off("exit", stop);
        resolve({ status, signal });
      });
    });
    this.ready = new Promise((resolve) => {
      for (const stream of [this.child.stdout, this.child.stderr])
        stream?.on("data", (chunk: Buffer) => {
          this.#log = (this.#log + chunk.toString("utf8")).slice(-262_144);
          const address = /http:\/\/(127\.0\.0\.1:\d+)/u.exec(this.#log)?.[1];
          if (address !== undefined) resolve(address);
        });
      void this.ended.then(() => resolve(undefined));
    });
  }

  /** Starts a server that must become ready; tells its address too. */
  static async start(options: ServerOptions): Promise<{ readonly server: ServerProcess; readonly address: string }> {
    const server = new ServerProcess(options);
    const address = await server.ready;
    if (address !== undefined) return { server, address };
    const { status, signal } = await server.ended;
    throw new Error(`The server ended with ${String(signal ?? status)} before it was ready:\n${server.log}`);
  }

  /** What it wrote so far. */
  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ending> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Tells whether a program can be run here. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}
