import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { parseDuration, addDuration } from "@stigmer/core/lib/duration.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "./activity.ts";

/*
 * Readers of evaluated arguments. A definition was checked when it was applied, but expressions can still give anything: what does not fit is a validation fault that names the argument.
 */

/** The fault of an argument that does not fit, to be thrown. */
export function invalidArgument(name: string, value: Json | undefined, wanted: string): ActivityFault {
  const shown = value === undefined ? "it is missing" : `it is ${describe(value)}`;
  return new ActivityFault(
    standardFault("validation", "Invalid argument", `Cannot use argument "${name}": ${shown}, it should be ${wanted}`),
  );
}

/** The fault of a call that is configured in a way that cannot be carried out here, to be thrown. */
export function configurationFault(title: string, detail: string): ActivityFault {
  return new ActivityFault(standardFault("configuration", title, detail));
}

/** A string that must be there and not be empty. */
export function requireString(input: JsonObject, name: string): string {
  const value = getKey(input, name);
  if (typeof value !== "string" || value === "") throw invalidArgument(name, value, "a text");
  return value;
}

/** A string that may be absent or null. */
export function optionalString(input: JsonObject, name: string): string | undefined {
  const value = getKey(input, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidArgument(name, value, "a text");
  return value;
}

/** An object that must be there. */
export function requireObject(input: JsonObject, name: string): JsonObject {
  const value = getKey(input, name);
  if (!isJsonObject(value)) throw invalidArgument(name, value, "an object");
  return value;
}

/** An object that may be absent or null; absent gives the empty object. */
export function optionalObject(input: JsonObject, name: string): JsonObject {
  const value = getKey(input, name);
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw invalidArgument(name, value, "an object");
  return value;
}

/** A boolean with a default. */
export function booleanOr(input: JsonObject, name: string, otherwise: boolean): boolean {
  const value = getKey(input, name);
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== "boolean") throw invalidArgument(name, value, "true or false");
  return value;
}

/** One of the given words, with a default. */
export function wordOr<Word extends string>(
  input: JsonObject,
  name: string,
  words: readonly Word[],
  otherwise: NoInfer<Word>,
): Word {
  const value = getKey(input, name);
  if (value === undefined || value === null) return otherwise;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw invalidArgument(name, value, `one of ${words.join(", ")}`);
  return word;
}

/** A name/value mapping of texts: scalars become text, null leaves out, arrays are joined with commas. */
export function textMap(input: JsonObject, name: string): Record<string, string> {
  const map: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(optionalObject(input, name))) {
    if (value !== null) map[key] = isJsonArray(value) ? value.map(scalarText).join(", ") : scalarText(value);
  }
  return map;
}

/** A list of texts; scalars become text. */
export function textList(input: JsonObject, name: string): readonly string[] {
  const value = getKey(input, name);
  if (value === undefined || value === null) return [];
  if (!isJsonArray(value)) throw invalidArgument(name, value, "an array of texts");
  return value.map(scalarText);
}

/** A duration in milliseconds that may be absent; months count from the epoch, which only durations of months or more can tell. */
export function optionalDurationMs(input: JsonObject, name: string): number | undefined {
  const value = getKey(input, name);
  if (value === undefined || value === null) return undefined;
  const parsed = parseDuration(value);
  if (parsed.duration === undefined) throw invalidArgument(name, value, `a duration (${parsed.problem})`);
  return addDuration(0, parsed.duration);
}

/** An endpoint: its URI and the authentication policy that goes with it. */
export interface Endpoint {
  readonly uri: string;
  readonly authentication: Json | undefined;
}

/** Reads `endpoint` in both spellings, a text or `{ uri, authentication }` (specification, section Endpoint). */
export function readEndpoint(input: JsonObject, name: string): Endpoint {
  const value = getKey(input, name);
  if (typeof value === "string" && value !== "") return { uri: value, authentication: undefined };
  if (!isJsonObject(value)) throw invalidArgument(name, value, "a URI or an object with a uri");
  return { uri: requireString(value, "uri"), authentication: getKey(value, "authentication") };
}

/** A scalar as the text that goes on a wire; objects and arrays as JSON. */
export function scalarText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** An absolute http or https URL; anything else is a validation fault. */
export function httpUrl(text: string, name: string): URL {
  const url = parsedUrl(text);
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw invalidArgument(name, text, "an absolute http or https URI");
  }
  if (url.username !== "" || url.password !== "") {
    throw invalidArgument(
      name,
      `${url.protocol}//...@${url.host}`,
      "without credentials, which belong into authentication",
    );
  }
  return url;
}

/** Every HTTP step has a URL: it is parsed once, and not asked first whether it can be. */
function parsedUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function describe(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
