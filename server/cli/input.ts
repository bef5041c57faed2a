import { readFile } from "node:fs/promises";
import { type Json, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { CliError, exit } from "./exit.ts";

/** Reads a file, or standard input for `-`; an unreadable one is an error that says why. */
export async function readSource(path: string): Promise<string> {
  if (path === "-") {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  }
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason = { ENOENT: "there is no such file", EACCES: "permission denied", EISDIR: "it is a folder" }[
      (error as NodeJS.ErrnoException).code ?? ""
    ];
    throw new CliError(
      exit.invalid,
      `Cannot read "${path}": ${reason ?? (error as Error).message}`,
      (error as NodeJS.ErrnoException).code === "EISDIR" ? "name a file in it" : undefined,
    );
  }
}

/**
 * The input of a run: `--input` as `@file` (YAML or JSON), `-` (standard input) or JSON text, then every `--set a.b=1` (a YAML scalar) and `--set-string a.b=x` on top.
 * Without any of them the input is an empty object.
 */
export async function runInput(
  input: string | undefined,
  sets: readonly string[],
  stringSets: readonly string[],
): Promise<Json> {
  let value: Json = {};
  if (input !== undefined) {
    const fromFile = input.startsWith("@") || input === "-";
    value = await parse(
      fromFile ? await readSource(input === "-" ? "-" : input.slice(1)) : input,
      fromFile ? `"${input}"` : "--input",
    );
  }
  for (const set of sets) value = assign(value, set, await parse(split(set)[1], `--set ${set}`));
  for (const set of stringSets) value = assign(value, set, split(set)[1]);
  return value;
}

async function parse(text: string, origin: string): Promise<Json> {
  try {
    return JSON.parse(text) as Json;
  } catch {
    const { parseStream } = await import("@stigmer/core/dsl/parse/parse-text.ts");
    const [{ value, diagnostics } = { diagnostics: [] }] = parseStream(text);
    const problem = diagnostics.find(({ severity }) => severity === "error");
    if (value === undefined || problem !== undefined) {
      const why =
        problem === undefined
          ? "it is empty"
          : `${problem.message.replace(/^Cannot read the text: /u, "")} (line ${problem.line}, column ${problem.column})`;
      throw new CliError(
        exit.invalid,
        `Cannot read ${origin}: ${why}`,
        `give JSON or YAML, for example --input '{"name": "Ada"}' or --input @input.yaml`,
      );
    }
    return value;
  }
}

function split(set: string): readonly [string, string] {
  const at = set.indexOf("=");
  if (at <= 0) throw new CliError(exit.usage, `Cannot set "${set}": it should be path=value, for example order.id=7`);
  return [set.slice(0, at), set.slice(at + 1)];
}

function assign(target: Json, set: string, value: Json): Json {
  const path = split(set)[0].split(".");
  const place = (current: Json, depth: number): Json => {
    if (depth === path.length) return value;
    const copy: Record<string, Json> = {};
    if (isJsonObject(current)) for (const [key, item] of Object.entries(current)) setKey(copy, key, item);
    const key = path[depth] as string;
    setKey(copy, key, place(Object.hasOwn(copy, key) ? (copy[key] as Json) : {}, depth + 1));
    return copy;
  };
  return place(target, 0);
}
