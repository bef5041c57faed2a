import { type Json, isJsonArray, isJsonObject, jsonEquals } from "@stigmer/core/lib/json.ts";

/** How what is expected must hold: `equal` throughout, or as a `part` of what was seen (arrays keep their length). */
export type Comparison = "equal" | "part";

/** Where what was seen differs from what was expected: one line a place, named by its path, nothing where they agree. */
export function differences(place: string, expected: Json, seen: Json | undefined, how: Comparison): readonly string[] {
  if (seen === undefined) return [`${place}: expected ${brief(expected)}, got nothing`];
  if (isJsonObject(expected) && isJsonObject(seen)) {
    const missing = Object.entries(expected).flatMap(([key, value]) =>
      differences(member(place, key), value, Object.hasOwn(seen, key) ? seen[key] : undefined, how),
    );
    const surplus =
      how === "part"
        ? []
        : Object.entries(seen)
            .filter(([key]) => !Object.hasOwn(expected, key))
            .map(([key, value]) => `${member(place, key)}: expected nothing, got ${brief(value as Json)}`);
    return [...missing, ...surplus];
  }
  if (isJsonArray(expected) && isJsonArray(seen)) {
    if (expected.length !== seen.length)
      return [
        `${place}: expected ${expected.length} items, got ${seen.length}: ${brief(expected)} against ${brief(seen)}`,
      ];
    return expected.flatMap((item, index) => differences(`${place}[${index}]`, item, seen[index], how));
  }
  return jsonEquals(expected, seen) ? [] : [`${place}: expected ${brief(expected)}, got ${brief(seen)}`];
}

function member(place: string, key: string): string {
  return /^[\w-]+$/u.test(key) ? `${place}.${key}` : `${place}[${JSON.stringify(key)}]`;
}

const BRIEF_MAX = 200;

function brief(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= BRIEF_MAX ? text : `${text.slice(0, BRIEF_MAX)}… (${text.length} characters)`;
}
