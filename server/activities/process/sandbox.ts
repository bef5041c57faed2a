import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import type { ProcessLimits, RunPolicy } from "../activity-options.ts";
import { findProgram } from "./find-program.ts";

/** A program as a workflow wants it run. */
export interface SandboxRequest {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where the program needs to read beside `/usr`. */
  readonly readable: readonly string[];
  /** A file that holds the program's text, and its path inside the sandbox. */
  readonly file?: { readonly path: string; readonly content: string };
  /** False where limiting the address space would keep the program from starting. */
  readonly limitAddressSpace: boolean;
}

/** The process that runs a request: what to start, and what its further descriptors hold. */
export interface SandboxedProcess {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly descriptors: readonly string[];
}

/** Why processes cannot be confined here, or undefined when they can. */
export type SandboxProblem = string | undefined;

const BASE_ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/tmp", TMPDIR: "/tmp", LANG: "C.UTF-8" };

/** Directories that merged-usr systems link into /usr and others have for real. */
const ROOT_DIRECTORIES = ["/bin", "/sbin", "/lib", "/lib32", "/lib64"];

/** Files of /etc that programs need to start: the dynamic linker's cache and alternatives, no accounts, no configuration. */
const ETC_READABLE = ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"];

let probed: { readonly problem: SandboxProblem } | undefined;

/** Tells, once for the life of the server, whether a sandbox can be set up: bubblewrap and prlimit are there and a trial run works. */
export function sandboxProblem(policy: Pick<RunPolicy, "sandbox">): SandboxProblem {
  if (policy.sandbox === "none")
    return findProgram("prlimit") === undefined ? "prlimit (util-linux) is not installed" : undefined;
  probed ??= { problem: probe() };
  return probed.problem;
}

function probe(): SandboxProblem {
  const bwrap = findProgram("bwrap");
  if (bwrap === undefined)
    return 'bubblewrap (bwrap) is not installed; install it, or set the sandbox to "none" to run processes unconfined';
  if (findProgram("prlimit") === undefined) return "prlimit (util-linux) is not installed";
  const trial = spawnSync(bwrap, [...isolation([]), "--", "/usr/bin/env", "true"], {
    env: {},
    timeout: 10_000,
    encoding: "utf8",
  });
  if (trial.status === 0) return undefined;
  return `bubblewrap does not work on this host (${(trial.stderr || trial.error?.message || "no reason given").trim().split("\n")[0]})`;
}

/**
 * The process that runs a request inside bubblewrap: its own namespaces without a network, `/usr` read-only, an empty /tmp, an environment of its own, and limits on CPU, files, processes and
 * memory. Environment and program text go through descriptors, so that no secret of theirs shows in a process list.
 */
export function sandboxed(request: SandboxRequest, limits: ProcessLimits): SandboxedProcess {
  const environment = { ...BASE_ENVIRONMENT, ...request.environment };
  const setup = [...isolation(request.readable), "--clearenv"];
  for (const [name, value] of Object.entries(environment)) setup.push("--setenv", name, value);
  if (request.file !== undefined) setup.push("--ro-bind-data", "4", request.file.path);
  return {
    command: findProgram("bwrap") ?? "bwrap",
    arguments: ["--args", "3", "--", ...limited(request, limits)],
    env: {},
    cwd: tmpdir(),
    descriptors: [
      setup.map((part) => `${part}\0`).join(""),
      ...(request.file === undefined ? [] : [request.file.content]),
    ],
  };
}

/** The same request with limits only, in a directory of its own, for operators who said so. */
export function unconfined(request: SandboxRequest, limits: ProcessLimits, directory: string): SandboxedProcess {
  const [command = "", ...rest] = limited(request, limits);
  const environment = { ...BASE_ENVIRONMENT, HOME: directory, TMPDIR: directory, ...request.environment };
  return { command, arguments: rest, env: environment, cwd: directory, descriptors: [] };
}

function isolation(readable: readonly string[]): string[] {
  const mounts = ["--ro-bind", "/usr", "/usr"];
  for (const directory of ROOT_DIRECTORIES) {
    if (!existsSync(directory)) continue;
    if (lstatSync(directory).isSymbolicLink()) mounts.push("--symlink", readlinkSync(directory), directory);
    else mounts.push("--ro-bind", directory, directory);
  }
  for (const path of [...ETC_READABLE, ...readable]) mounts.push("--ro-bind-try", path, path);
  return [
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    ...mounts,
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "--chdir",
    "/tmp",
  ];
}

function limited(request: SandboxRequest, limits: ProcessLimits): readonly string[] {
  return [
    findProgram("prlimit") ?? "/usr/bin/prlimit",
    `--cpu=${limits.cpuSecondsMax}`,
    `--fsize=${limits.fileBytesMax}`,
    `--nproc=${limits.processesMax}`,
    "--core=0",
    ...(request.limitAddressSpace ? [`--as=${limits.memoryBytesMax}`] : []),
    "--",
    request.command,
    ...request.arguments,
  ];
}
