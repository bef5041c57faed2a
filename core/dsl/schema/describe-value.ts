import { type Json, isJsonArray, isJsonObject } from "../../lib/json.ts";

const SHOWN_LENGTH_MAX = 60;

/** A value as it is shown in a message: JSON, shortened. */
export function shown(value: Json): string {
  const text = isJsonArray(value) ? "[…]" : isJsonObject(value) ? "{…}" : JSON.stringify(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX - 2)}…"` : text;
}

/** The type of a value with its article: "a number"; "empty" for null, which is what an unwritten value is in YAML. */
export function typeWords(value: Json): string {
  if (value === null) return "empty";
  if (isJsonArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  return `a ${typeof value === "string" ? "text" : typeof value}`;
}

/** Words as a list: "a, b or c". */
export function anyOf(words: readonly string[], conjunction = "or"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}
