import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";
import { type Json, type JsonObject, isJsonObject } from "@stigmer/core/lib/json.ts";
import { type OptionValues, textOption } from "./command.ts";
import { CliError, exit } from "./exit.ts";

/** A server and an organization under a name. */
export interface Context {
  readonly server?: string;
  readonly org?: string;
}

/** The contexts of a user, and the one that is in use. */
export interface ContextFile {
  readonly current?: string;
  readonly contexts: { readonly [name: string]: Context };
}

/** Where calls go, and what said so, for people. */
export interface Target {
  readonly address: string;
  readonly org: string;
  readonly origin: { readonly address: string; readonly org: string };
  /** The context that had a say, if any. */
  readonly context?: string;
}

/** The file of a project, looked for in this folder and those above it. */
export const PROJECT_FILE = ".stigmer.yaml";
const DEFAULTS = { server: "127.0.0.1:7234", org: "local" };

/** Surroundings that decide where calls go; those of this process unless a test gives others. */
export interface Surroundings {
  readonly environment: { readonly [name: string]: string | undefined };
  readonly folder: string;
}

const here = (): Surroundings => ({ environment: process.env, folder: process.cwd() });

/** The file of the user's contexts: `stigmer/contexts.yaml` in `XDG_CONFIG_HOME`, by default `~/.config`. */
export function contextsPath({ environment }: Surroundings = here()): string {
  const home = environment["HOME"] ?? os.homedir();
  return path.join(environment["XDG_CONFIG_HOME"] || path.join(home, ".config"), "stigmer", "contexts.yaml");
}

/** The user's contexts; none where there is no file. */
export async function readContexts(surroundings: Surroundings = here()): Promise<ContextFile> {
  const file = contextsPath(surroundings);
  if (!existsSync(file)) return { contexts: {} };
  const value = await readObject(file);
  const contexts = Object.entries(isJsonObject(value["contexts"]) ? value["contexts"] : {}).map(
    ([name, context]) => [name, contextOf(context, `${file}, context "${name}"`)] as const,
  );
  const current = value["current"];
  return { contexts: Object.fromEntries(contexts), ...(typeof current === "string" ? { current } : {}) };
}

/** Keeps the user's contexts; the file is replaced as a whole, so that a reader never sees half of one. */
export async function writeContexts(file: ContextFile, surroundings: Surroundings = here()): Promise<void> {
  const { stringify } = await import("./output/yaml.ts");
  const target = contextsPath(surroundings);
  try {
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(`${target}.${process.pid}`, stringify(file), { mode: 0o600 });
    renameSync(`${target}.${process.pid}`, target);
  } catch (error) {
    throw new CliError(exit.failed, `Cannot keep contexts in "${target}": ${(error as Error).message}`);
  }
}

/** Refuses the name of a context that is not there, with the nearest one. */
export function contextNamed({ contexts }: ContextFile, name: string): Context {
  if (Object.hasOwn(contexts, name)) return contexts[name] as Context;
  const near = didYouMean(name, Object.keys(contexts));
  const names = Object.keys(contexts);
  throw new CliError(
    exit.notFound,
    `Cannot use the context "${name}": ${names.length === 0 ? "there is none yet" : `contexts are ${names.join(", ")}`}`,
    near === undefined ? `make it with \`stigmer context set ${name} --server HOST:PORT\`` : `did you mean "${near}"?`,
  );
}

/** Where calls go. For the address and the organization each, the first that speaks wins: flag, environment, project file, user file, default. */
export async function target(options: OptionValues, surroundings: Surroundings = here()): Promise<Target> {
  const { environment } = surroundings;
  let file: ContextFile | undefined;
  const named = async (name: string | undefined): Promise<Context> =>
    name === undefined || name === "" ? {} : contextNamed((file ??= await readContexts(surroundings)), name);
  const contexts = {
    flag: textOption(options, "context"),
    environment: environment["STIGMER_CONTEXT"],
  };
  const voices: (readonly [string, Context, (string | undefined)?])[] = [
    ["flag", { ...pick(textOption(options, "server"), textOption(options, "org")) }],
    [`context ${contexts.flag ?? ""} (flag)`, await named(contexts.flag), contexts.flag],
    ["environment", pick(environment["STIGMER_SERVER_ADDR"], environment["STIGMER_ORG"])],
    [`context ${contexts.environment ?? ""} (environment)`, await named(contexts.environment), contexts.environment],
  ];
  const complete = (): boolean => ["server", "org"].every((key) => voices.some(([, voice]) => key in voice));
  const project = complete() ? undefined : projectFile(surroundings.folder);
  if (project !== undefined) {
    const value = await readObject(project);
    const name = typeof value["context"] === "string" ? value["context"] : undefined;
    voices.push([project, contextOf(value, project)], [`context ${name ?? ""} (${project})`, await named(name), name]);
  }
  if (!complete()) {
    const { current } = (file ??= await readContexts(surroundings));
    voices.push([`context ${current ?? ""} (user)`, await named(current), current]);
  }
  voices.push(["default", DEFAULTS]);
  const address = voices.find(([, voice]) => voice.server !== undefined) as (typeof voices)[number];
  const org = voices.find(([, voice]) => voice.org !== undefined) as (typeof voices)[number];
  const context = address[2] ?? org[2];
  return {
    address: (address[1].server ?? "").replace(/^https?:\/\//u, "").replace(/\/$/u, ""),
    org: org[1].org ?? "",
    origin: { address: address[0], org: org[0] },
    ...(context === undefined ? {} : { context }),
  };
}

function pick(server: string | undefined, org: string | undefined): Context {
  return { ...(server === undefined ? {} : { server }), ...(org === undefined ? {} : { org }) };
}

function contextOf(value: Json | undefined, place: string): Context {
  if (!isJsonObject(value)) throw new CliError(exit.usage, `Cannot read ${place}: it should have server and org`);
  for (const key of ["server", "org"])
    if (value[key] !== undefined && typeof value[key] !== "string")
      throw new CliError(exit.usage, `Cannot read ${place}: ${key} should be a text`);
  return pick(value["server"] as string | undefined, value["org"] as string | undefined);
}

function projectFile(folder: string): string | undefined {
  const file = path.join(folder, PROJECT_FILE);
  if (existsSync(file)) return file;
  const above = path.dirname(folder);
  return above === folder ? undefined : projectFile(above);
}

async function readObject(file: string): Promise<JsonObject> {
  const [{ parseText }, { renderDiagnostic }] = await Promise.all([
    import("@stigmer/core/dsl/parse/parse-text.ts"),
    import("@stigmer/core/dsl/diagnostic/render-text.ts"),
  ]);
  const { value, diagnostics } = parseText(readFileSync(file, "utf8"), { file });
  const problem = diagnostics.find(({ severity }) => severity === "error");
  if (problem !== undefined)
    throw new CliError(exit.usage, `Cannot read "${file}":\n${renderDiagnostic(problem, (_role, text) => text)}`);
  if (!isJsonObject(value ?? {})) throw new CliError(exit.usage, `Cannot read "${file}": it should be an object`);
  return (value ?? {}) as JsonObject;
}
