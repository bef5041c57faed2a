import { type Json, isJsonArray, isJsonObject, setKey } from "./json.ts";

/*
 * A secret's value never enters the state of a run, its journal or an expression. What stands for it there is a marker: the path of the value inside the run's secrets between two
 * private-use characters. Markers survive copying, concatenation and interpolation; the host puts the value in their place at dispatch, and puts markers back into what a call returns.
 */
const OPEN = "\uE000";
const CLOSE = "\uE001";
const PATTERN = /\uE000([^\uE000\uE001]*)\uE001/gu;

/** The marker for the secret value at `path` (secret name first, then keys), each segment percent-encoded. */
export function secretMarker(path: readonly string[]): string {
  return OPEN + path.map((segment) => encodeURIComponent(segment)).join("/") + CLOSE;
}

/** First segments of the path of an authorization marker: no secret has an empty name. */
const AUTHORIZATION = ["", "authorization"] as const;

/**
 * The marker for `$authorization.parameter` of the call at `pointer`, where only the host can make it: a token that has to be fetched, credentials made of secrets. `policy` is the path of the policy in
 * the call's arguments. It means something in that call only.
 */
export function authorizationMarker(pointer: string, policy: readonly string[]): string {
  return secretMarker([...AUTHORIZATION, pointer, ...policy]);
}

/** What the path of an authorization marker says; undefined for the path of a secret. */
export function authorizationAt(
  path: readonly string[],
): { readonly pointer: string; readonly policy: readonly string[] } | undefined {
  const [first, second, pointer, ...policy] = path;
  return first === AUTHORIZATION[0] && second === AUTHORIZATION[1] && pointer !== undefined
    ? { pointer, policy }
    : undefined;
}

/** Tells whether a text holds at least one marker; cheap enough for every string of every argument. */
export function hasSecretMarker(text: string): boolean {
  return text.includes(OPEN);
}

/** Replaces every marker in a text by what `resolve` gives for its path; an unknown path throws whatever `resolve` throws. */
export function replaceSecretMarkers(text: string, resolve: (path: readonly string[]) => string): string {
  if (!hasSecretMarker(text)) return text;
  return text.replace(PATTERN, (_match, path: string) =>
    resolve(path.split("/").map((segment) => decodeURIComponent(segment))),
  );
}

/** The shape of a secret as expressions see it: objects and arrays keep their structure, every leaf becomes its marker. */
export function markedShape(value: Json, path: readonly string[]): Json {
  if (isJsonArray(value)) return value.map((item, index) => markedShape(item, [...path, String(index)]));
  if (isJsonObject(value)) {
    const shape: Record<string, Json> = {};
    for (const [key, item] of Object.entries(value)) setKey(shape, key, markedShape(item, [...path, key]));
    return shape;
  }
  return secretMarker(path);
}

/** What stands in a value that leaves its run where a secret stood. */
const HIDDEN = "[redacted]";
const STRAY = /[\uE000\uE001]/gu;

/**
 * A value without any marker, for every door into a run: what callers, other runs and events bring must not name a secret, since the host would put its value there. A marker becomes
 * `[redacted]`, a single character of one U+FFFD. The same object where there is nothing to do. Nesting is that of a value that has passed a boundary (64 levels).
 */
export function withoutSecretMarkers<Value extends Json>(value: Value): Value;
export function withoutSecretMarkers(value: Json): Json {
  return holdsMarker(value) ? plainValue(value) : value;
}

/** Runs for every input and every event, and nearly none holds a marker: plain loops, at half the cost of callbacks and less than writing the value as JSON. */
function holdsMarker(value: Json): boolean {
  if (typeof value === "string") return value.includes(OPEN) || value.includes(CLOSE);
  if (typeof value !== "object" || value === null) return false;
  if (isJsonArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (holdsMarker(value[index] as Json)) return true;
    return false;
  }
  for (const key in value) {
    if (key.includes(OPEN) || key.includes(CLOSE)) return true;
    if (holdsMarker(value[key] as Json)) return true;
  }
  return false;
}

function plainValue(value: Json): Json {
  if (typeof value === "string") return plainText(value);
  if (isJsonArray(value)) return value.map(plainValue);
  if (!isJsonObject(value)) return value;
  const plain: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) setKey(plain, plainText(key), plainValue(item));
  return plain;
}

function plainText(text: string): string {
  return text.replace(PATTERN, HIDDEN).replace(STRAY, "\uFFFD");
}
