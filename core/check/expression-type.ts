import type { Ast } from "../expr/syntax/ast.ts";
import { type Json, isJsonArray } from "../lib/json.ts";

/** The type of a value as jq names it. */
export type ValueType = "null" | "boolean" | "number" | "string" | "array" | "object";

/** Functions whose result has one type, whatever they are given. */
const RESULTS: ReadonlyMap<string, ValueType> = new Map([
  ["length", "number"],
  ["now", "number"],
  ["floor", "number"],
  ["tonumber", "number"],
  ["tostring", "string"],
  ["tojson", "string"],
  ["ascii_downcase", "string"],
  ["ascii_upcase", "string"],
  ["type", "string"],
  ["keys", "array"],
  ["sort", "array"],
  ["not", "boolean"],
  ["true", "boolean"],
  ["false", "boolean"],
  ["null", "null"],
  ["startswith", "boolean"],
  ["endswith", "boolean"],
  ["test", "boolean"],
  ["has", "boolean"],
  ["map", "array"],
  ["join", "string"],
  ["split", "array"],
]);

/** Nodes that always make a value of one type. */
const CONSTRUCTIONS: ReadonlyMap<Ast["type"], ValueType> = new Map([
  ["string", "string"],
  ["object", "object"],
  ["array", "array"],
  ["and", "boolean"],
  ["or", "boolean"],
]);

/** The type of what an expression yields where it is certain without running it; undefined where it is not. */
export function typeOfNode(node: Ast): ValueType | undefined {
  if (node.type === "literal") return typeOfLiteral(node.value);
  if (node.type === "binary") return /^[=!<>]/u.test(node.operator) ? "boolean" : undefined;
  if (node.type === "pipe") return typeOfNode(node.right);
  if (node.type === "call") return RESULTS.get(node.name);
  return CONSTRUCTIONS.get(node.type);
}

function typeOfLiteral(value: Json): ValueType {
  if (value === null) return "null";
  return isJsonArray(value) ? "array" : (typeof value as ValueType);
}
