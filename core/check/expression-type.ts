import type { Ast } from "../expr/syntax/ast.ts";

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

/** The type of what an expression yields where it is certain without running it; undefined where it is not. */
export function typeOfNode(node: Ast): ValueType | undefined {
  switch (node.type) {
    case "literal":
      if (node.value === null) return "null";
      if (Array.isArray(node.value)) return "array";
      return typeof node.value as ValueType;
    case "string":
      return "string";
    case "object":
      return "object";
    case "array":
      return "array";
    case "and":
    case "or":
      return "boolean";
    case "binary":
      return /^[=!<>]/u.test(node.operator) ? "boolean" : undefined;
    case "pipe":
      return typeOfNode(node.right);
    case "call":
      return RESULTS.get(node.name);
    default:
      return undefined;
  }
}
