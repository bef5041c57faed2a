/** Any JSON value. Everything that crosses a boundary of the core is of this type, so that it survives a round trip through text. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object; keys are arbitrary, `__proto__` and `constructor` included. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Tells whether a value is a JSON object (not null, not an array). */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tells whether a value is a JSON array; `Array.isArray` alone does not narrow readonly arrays. */
export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Sets a key on an object under construction so that `__proto__` becomes a plain own key instead of a prototype. */
export function setKey(target: Record<string, Json>, key: string, value: Json): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** Reads an own key; inherited members such as `constructor` are absent, as in every JSON text. */
export function getKey(source: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(source, key) ? source[key] : undefined;
}

/** Tells whether two JSON values are equal: same structure, object key order ignored. */
export function jsonEquals(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (isJsonArray(left) && isJsonArray(right)) {
    return left.length === right.length && left.every((item, index) => jsonEquals(item, right[index] as Json));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && jsonEquals(left[key] as Json, right[key] as Json));
}
