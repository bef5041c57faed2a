import { type Json, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { kindOf } from "../value/kind.ts";
import { parseJson, parseNumber } from "../value/parse.ts";
import { print, printAsText } from "../value/print.ts";
import { codePointLength, utf8Length } from "../value/text.ts";
import { type Builtin, filter, selector } from "./builtin.ts";

const SMALLEST_NORMAL = 2.2250738585072014e-308;

function length(value: Json, machine: Machine): number {
  if (value === null) return 0;
  if (typeof value === "string") {
    machine.chargeReading(value.length);
    return codePointLength(value);
  }
  if (typeof value === "number") return Math.abs(value);
  if (typeof value === "boolean") return raise(`${describe(value, machine)} has no length`);
  if (isJsonArray(value)) return value.length;
  const { length: count } = Object.keys(value);
  machine.chargeKeys(count);
  return count;
}

function toNumber(value: Json, machine: Machine): number {
  if (typeof value === "number") return value;
  if (typeof value === "string") machine.charge(4 + value.length);
  const number = typeof value === "string" ? parseNumber(value, true) : undefined;
  return number ?? raise(`${describe(value, machine)} cannot be parsed as a number`);
}

function toBoolean(value: Json, machine: Machine): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  return raise(`${describe(value, machine)} cannot be parsed as a boolean`);
}

function isNormal(value: Json): boolean {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) >= SMALLEST_NORMAL;
}

/** What a value is, and making one kind of another. */
export const TYPE_BUILTINS: readonly Builtin[] = [
  filter("type", kindOf),
  filter("length", length),
  filter("utf8bytelength", (value, machine) => {
    if (typeof value !== "string") return raise(`${describe(value, machine)} only strings have UTF-8 byte length`);
    machine.chargeReading(2 * value.length);
    return utf8Length(value);
  }),
  filter("not", (value) => value === null || value === false),
  filter("tostring", printAsText),
  filter("tojson", print),
  filter("fromjson", (value, machine) =>
    typeof value === "string"
      ? parseJson(value, machine)
      : raise(`${describe(value, machine)} only strings can be parsed`),
  ),
  filter("tonumber", toNumber),
  filter("toboolean", toBoolean),
  filter("toarray", (value) => (isJsonArray(value) ? value : [value])),
  filter("infinite", () => Infinity),
  filter("nan", () => NaN),
  filter("isinfinite", (value) => value === Infinity || value === -Infinity),
  filter("isnan", (value) => typeof value === "number" && value !== value),
  filter("isnormal", isNormal),
  filter("isfinite", (value) => typeof value === "number" && value !== Infinity && value !== -Infinity),
  filter("have_decnum", () => false),
  filter("have_literal_numbers", () => true),
  selector("arrays", isJsonArray),
  selector("objects", (value) => kindOf(value) === "object"),
  selector("iterables", (value) => value !== null && typeof value === "object"),
  selector("booleans", (value) => typeof value === "boolean"),
  selector("numbers", (value) => typeof value === "number"),
  selector("normals", isNormal),
  selector("finites", (value) => typeof value === "number" && value !== Infinity && value !== -Infinity),
  selector("strings", (value) => typeof value === "string"),
  selector("nulls", (value) => value === null),
  selector("values", (value) => value !== null),
  selector("scalars", (value) => value === null || typeof value !== "object"),
];
