import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import type { Activity } from "../activity.ts";
import {
  configurationFault,
  invalidArgument,
  optionalDurationMs,
  optionalObject,
  optionalString,
  requireString,
  scalarText,
  textList,
  textMap,
  wordOr,
} from "../activity-arguments.ts";
import type { ActivityOptions } from "../activity-options.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { CallContext } from "../call-context.ts";
import { type ContainerEngine, containerEngine } from "./container-engine.ts";
import { ContainerSweeper } from "./container-sweeper.ts";
import { environmentOf, processOutput, requirePermission, returnOf, stdinOf } from "./process-arguments.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";

/** When a container that is kept for a while may go, as epoch ms: on the container itself, so that a restart of the server forgets nothing. */
const EXPIRY_LABEL = "stigmer.expires-at";

/** Time for an engine to remove a container. */
const REMOVAL_MS = 30_000;

const PULL = { ifNotPresent: "missing", always: "always", never: "never" } as const;

/** Variables of the engine's client that a workflow must not set for it. */
const CLIENT_VARIABLES =
  /^(?:PATH|HOME|TMPDIR|DOCKER_.*|CONTAINER_.*|CONTAINERS_.*|PODMAN_.*|XDG_.*|LD_.*|HTTPS?_PROXY|NO_PROXY)$/iu;

/** `run.container` of the specification, through the command line client of a Docker compatible engine. */
export function containerActivity(services: ActivityServices): Activity {
  const { options } = services;
  const sweeper = sweeperOf(services);
  if (options.run.allow.includes("container")) sweeper.by(options.now());
  return {
    kind: "container",
    async run(input, context: CallContext) {
      requirePermission("container", options);
      const engine = containerEngine(options.run);
      if (typeof engine === "string")
        throw configurationFault("No container engine", `Cannot run a container: ${engine}`);
      const name = optionalString(input, "name") ?? `stigmer-${randomUUID()}`;
      const lifetime = optionalObject(input, "lifetime");
      const cleanup = wordOr(lifetime, "cleanup", ["always", "never", "eventually"], "never");
      const keepMs = cleanup === "eventually" ? optionalDurationMs(lifetime, "after") : undefined;
      if (cleanup === "eventually" && keepMs === undefined)
        throw invalidArgument("lifetime.after", undefined, "a duration, since cleanup is eventually");
      const environment = environmentOf(input);
      const client = (args: readonly string[], stdin = "", signal = context.signal): Promise<ProcessResult> =>
        runProcess({
          command: engine.command,
          arguments: args,
          env: { ...clientEnvironment(), ...passedThrough(environment) },
          cwd: tmpdir(),
          stdin,
          outputBytesMax: options.run.limits.outputBytesMax,
          timeoutMs: options.run.limits.timeoutMs,
          signal,
        });
      const flags = containerFlags(input, name, options, environment);
      if (cleanup === "always") flags.push("--rm");
      if (keepMs !== undefined) flags.push("--label", `${EXPIRY_LABEL}=${options.now() + keepMs}`);
      const wanted = returnOf(input);
      let ended = false;
      try {
        const result = await client(["run", ...flags, ...program(input)], stdinOf(input));
        ended = true;
        return processOutput(result, wanted);
      } catch (error) {
        // Killing the client leaves the container running: a task that was stopped, or went over a limit, must stop its work.
        if (!ended) await client([...engine.remove, name], "", AbortSignal.timeout(REMOVAL_MS)).catch(() => {});
        throw error;
      } finally {
        if (keepMs !== undefined) sweeper.by(options.now() + keepMs);
      }
    },
  };
}

function containerFlags(
  input: JsonObject,
  name: string,
  options: ActivityOptions,
  environment: Readonly<Record<string, string>>,
): string[] {
  const { limits, containerNetwork } = options.run;
  if (!/^[a-zA-Z0-9][\w.-]*$/u.test(name))
    throw invalidArgument("name", name, "a container name of letters, digits, dots, dashes and underscores");
  const flags = [
    "--interactive",
    "--name",
    name,
    `--pull=${PULL[wordOr(input, "pullPolicy", ["ifNotPresent", "always", "never"], "ifNotPresent")]}`,
  ];
  flags.push(
    "--security-opt",
    "no-new-privileges",
    `--pids-limit=${limits.processesMax}`,
    `--memory=${limits.memoryBytesMax}`,
    `--network=${containerNetwork}`,
  );
  for (const [host, container] of Object.entries(textMap(input, "ports")))
    flags.push("--publish", published(host, container, containerNetwork));
  for (const [source, target] of Object.entries(optionalObject(input, "volumes")))
    flags.push("--volume", volume(source, target, options));
  for (const [variable, value] of Object.entries(environment))
    flags.push("--env", CLIENT_VARIABLES.test(variable) ? `${variable}=${value}` : variable);
  return flags;
}

/** With a command, the image's shell runs it and the arguments are `$1`, `$2`; without, they are the arguments of what the image runs by itself. */
function program(input: JsonObject): readonly string[] {
  const image = requireString(input, "image");
  if (image.startsWith("-")) throw invalidArgument("image", image, "the name of an image");
  const command = optionalString(input, "command");
  const given = textList(input, "arguments");
  return command === undefined ? [image, ...given] : ["--entrypoint", "sh", image, "-c", command, "sh", ...given];
}

function published(host: string, container: string, network: string): string {
  if (network === "none") {
    throw configurationFault(
      "No container network",
      "Cannot publish ports: containers have no network on this server, its operator can give them one",
    );
  }
  if (!/^\d{1,5}$/u.test(host) || !/^\d{1,5}(?:\/(?:tcp|udp))?$/u.test(container))
    throw invalidArgument("ports", `${host}: ${container}`, "port numbers");
  return `127.0.0.1:${host}:${container}`;
}

function volume(source: string, target: JsonObject[string], options: ActivityOptions): string {
  const destination = isJsonObject(target) ? scalarText(getKey(target, "path") ?? "") : scalarText(target);
  const readOnly = isJsonObject(target) && getKey(target, "readOnly") === true;
  const [mount = "", mode] = destination.split(":");
  if (!mount.startsWith("/") || (mode !== undefined && mode !== "ro" && mode !== "rw"))
    throw invalidArgument("volumes", destination, "an absolute path in the container");
  if (source.includes("/") || source.startsWith(".")) {
    const resolved = path.resolve("/", source);
    const allowed = options.run.volumeRoots.some(
      (root) => resolved === root || resolved.startsWith(root.replace(/\/*$/u, "/")),
    );
    if (!allowed)
      throw configurationFault(
        "Volume not allowed",
        `Cannot mount "${source}": directories of the host need the operator's leave, named volumes do not`,
      );
  } else if (!/^[a-zA-Z0-9][\w.-]*$/u.test(source))
    throw invalidArgument("volumes", source, "a volume name or an absolute path");
  return `${source}:${mount}${readOnly || mode === "ro" ? ":ro" : ""}`;
}

function clientEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && CLIENT_VARIABLES.test(entry[0]),
    ),
  );
}

/** Values go through the client's environment, where no process list shows them; only names the client itself reads go as arguments. */
function passedThrough(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !CLIENT_VARIABLES.test(name)));
}

/** A sweeper of the containers of this host's engine, those of a server before this one included. */
function sweeperOf({ options }: ActivityServices): ContainerSweeper {
  const client = async (args: (engine: ContainerEngine) => readonly string[]): Promise<string> => {
    const engine = containerEngine(options.run);
    if (typeof engine === "string") throw new Error(engine);
    const { code, stdout } = await runProcess({
      command: engine.command,
      arguments: args(engine),
      env: clientEnvironment(),
      cwd: tmpdir(),
      stdin: "",
      outputBytesMax: options.run.limits.outputBytesMax,
      timeoutMs: REMOVAL_MS,
      signal: AbortSignal.timeout(REMOVAL_MS),
    });
    if (code !== 0) throw new Error(`${engine.command} ended with ${String(code)}`);
    return stdout;
  };
  return new ContainerSweeper({
    now: options.now,
    async list() {
      const text = await client((engine) => [
        "ps",
        "--all",
        "--filter",
        `label=${EXPIRY_LABEL}`,
        "--format",
        `{{.ID}} ${engine.labelTemplate(EXPIRY_LABEL)} {{.Status}}`,
      ]);
      return text
        .split("\n")
        .map((line) => line.trim().split(" "))
        .flatMap(([id = "", expiresAt, status]) =>
          id === "" ? [] : [{ id, hasExited: status === "Exited", expiresAt: Number(expiresAt) }],
        );
    },
    remove: (id) => client((engine) => [...engine.remove, id]),
    later(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  });
}
