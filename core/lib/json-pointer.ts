import { type Json, getKey, isJsonArray, isJsonObject } from "./json.ts";

/** One segment of a JSON pointer, escaped (RFC 6901 section 3). */
export function escapePointerSegment(segment: string | number): string {
  return String(segment).replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The JSON pointer of the given segments; none gives the empty pointer, which is the whole document. */
export function pointerFrom(segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${escapePointerSegment(segment)}`).join("");
}

/** The pointer one step below `pointer`. */
export function childPointer(pointer: string, segment: string | number): string {
  return `${pointer}/${escapePointerSegment(segment)}`;
}

/** The pointer one step above, the empty pointer being its own parent. */
export function parentPointer(pointer: string): string {
  const slash = pointer.lastIndexOf("/");
  return slash < 0 ? "" : pointer.slice(0, slash);
}

/** The segments of a JSON pointer, unescaped; undefined where the text is no JSON pointer. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/u.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value a pointer leads to, undefined where it leads nowhere or is no pointer; inherited members are nowhere. */
export function getAtPointer(value: Json, pointer: string): Json | undefined {
  const segments = parsePointer(pointer);
  if (segments === undefined) return undefined;
  let current: Json | undefined = value;
  for (const segment of segments) {
    if (isJsonArray(current)) current = /^(?:0|[1-9]\d*)$/u.test(segment) ? current[Number(segment)] : undefined;
    else if (isJsonObject(current)) current = getKey(current, segment);
    else return undefined;
  }
  return current;
}
