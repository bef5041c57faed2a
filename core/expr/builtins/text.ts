import { type Json, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { add, chargeSearch, describe, split } from "../value/arithmetic.ts";
import { getIndex, indicesOfArray } from "../value/access.ts";
import { format } from "../value/format.ts";
import { printAsText } from "../value/print.ts";
import { STEPS_PER_BUILDER, TextBuilder } from "../value/text.ts";
import { type Builtin, filter, operation, valueFunction } from "./builtin.ts";

function startsWith(value: Json, prefix: Json, machine: Machine): boolean {
  if (typeof value !== "string" || typeof prefix !== "string") return raise("startswith() requires string inputs");
  machine.chargeText(prefix.length);
  // A part is compared as a whole, `startsWith` character by character.
  return value.slice(0, prefix.length) === prefix;
}

function endsWith(value: Json, suffix: Json, machine: Machine): boolean {
  if (typeof value !== "string" || typeof suffix !== "string") return raise("endswith() requires string inputs");
  machine.chargeText(suffix.length);
  return value.length >= suffix.length && value.slice(value.length - suffix.length) === suffix;
}

function withoutPrefix(value: Json, prefix: Json, machine: Machine): Json {
  return startsWith(value, prefix, machine) ? (value as string).slice((prefix as string).length) : value;
}

function withoutSuffix(value: Json, suffix: Json, machine: Machine): Json {
  return endsWith(value, suffix, machine)
    ? (value as string).slice(0, (value as string).length - (suffix as string).length)
    : value;
}

/** Unicode's White_Space; String.prototype.trim takes U+FEFF besides and leaves U+0085. */
function isSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0x1680) return unit === 0x85 || unit === 0xa0;
  return (
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  );
}

function trim(value: Json, left: boolean, right: boolean, machine: Machine): string {
  if (typeof value !== "string") return raise("trim input must be a string");
  let start = 0;
  let end = value.length;
  if (left) while (start < end && isSpace(value.charCodeAt(start))) start++;
  if (right) while (end > start && isSpace(value.charCodeAt(end - 1))) end--;
  machine.chargeReading(value.length - (end - start));
  return value.slice(start, end);
}

function explode(value: Json, machine: Machine): Json {
  if (typeof value !== "string") return raise("explode input must be a string");
  machine.charge(value.length);
  const points: number[] = [];
  for (let index = 0; index < value.length; index++) {
    const point = value.codePointAt(index) as number;
    if (point > 0xffff) index++;
    points.push(point);
  }
  return points;
}

function implode(value: Json, machine: Machine): Json {
  if (!isJsonArray(value)) return raise("implode input must be an array");
  machine.charge(STEPS_PER_BUILDER + value.length);
  const builder = new TextBuilder(2 * value.length);
  for (const code of value) {
    if (typeof code !== "number" || code !== code)
      return raise(`${describe(code, machine)} can't be imploded, unicode codepoint needs to be numeric`);
    const point = Math.trunc(code);
    const isScalar = point >= 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    builder.point(isScalar ? point : 0xfffd);
  }
  return builder.text();
}

/** Changes ASCII letters only. */
function mapAscii(name: string, value: Json, from: string, offset: number, machine: Machine): string {
  if (typeof value !== "string") return raise(name === "explode" ? "explode input must be a string" : name);
  machine.charge(1 + value.length / 4);
  if (isAscii(value)) return offset > 0 ? value.toLowerCase() : value.toUpperCase();
  machine.charge(value.length / 2);
  const start = from.charCodeAt(0);
  const builder = new TextBuilder(value.length);
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index);
    builder.unit(unit >= start && unit < start + 26 ? unit + offset : unit);
  }
  return builder.text();
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** The code point positions at which a text starts in another, overlaps included. */
function textIndices(value: string, wanted: string, machine: Machine): Json[] {
  const found: Json[] = [];
  if (wanted === "") return found;
  machine.chargeReading(value.length);
  chargeSearch(value, wanted, machine);
  let points = 0;
  let counted = 0;
  for (let at = value.indexOf(wanted); at >= 0; at = value.indexOf(wanted, at + 1)) {
    for (; counted < at; counted++) if (!isLowSurrogate(value.charCodeAt(counted))) points++;
    found.push(points);
    machine.charge(2);
    machine.chargeReading(wanted.length);
  }
  return found;
}

function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

function strictIndices(value: Json, wanted: Json, machine: Machine): Json[] {
  if (typeof value !== "string") return raise(`${describe(value, machine)} cannot be searched, as it is not a string`);
  if (typeof wanted !== "string") return raise(`${describe(wanted, machine)} is not a string`);
  return textIndices(value, wanted, machine);
}

function indices(value: Json, wanted: Json, machine: Machine): Json {
  if (isJsonArray(value)) return indicesOfArray(value, isJsonArray(wanted) ? wanted : [wanted], machine);
  if (typeof value === "string" && typeof wanted === "string") return textIndices(value, wanted, machine);
  return getIndex(value, wanted, machine);
}

/** `index` and `rindex`: the first and last of the indices; of null, null. */
function edgeIndex(value: Json, wanted: Json, edge: 0 | -1, machine: Machine): Json {
  const all = indices(value, wanted, machine);
  if (all === null) return null;
  if (isJsonArray(all)) return all.at(edge) ?? null;
  return getIndex(all, edge, machine);
}

function join(value: Json, separator: Json, machine: Machine): Json {
  const items = isJsonArray(value)
    ? value
    : value !== null && typeof value === "object"
      ? Object.values(value)
      : raise(`Cannot iterate over ${describe(value, machine)}`);
  let result: Json = null;
  for (const item of items) {
    machine.charge(2);
    const before = result === null ? "" : joined(result, separator, machine);
    result = joined(before, pieceOf(item, machine), machine);
  }
  return result ?? "";
}

/** What an element is in `join`: null is nothing, and what is neither text nor scalar is left to fail in the addition. */
function pieceOf(item: Json, machine: Machine): Json {
  if (item === null) return "";
  return typeof item === "boolean" || typeof item === "number" ? printAsText(item, machine) : item;
}

/** `left + right` where nobody sees the sum before it is complete. */
function joined(left: Json, right: Json, machine: Machine): Json {
  if (typeof left !== "string" || typeof right !== "string") return add(left, right, machine);
  machine.chargePiece(right.length, left.length + right.length);
  return left + right;
}

/** Texts: parts, edges, letters and formats. */
export const TEXT_BUILTINS: readonly Builtin[] = [
  operation("startswith", 1, (value, [prefix], machine) => startsWith(value, prefix as Json, machine)),
  operation("endswith", 1, (value, [suffix], machine) => endsWith(value, suffix as Json, machine)),
  valueFunction("ltrimstr", 1, (value, [prefix], machine) => withoutPrefix(value, prefix as Json, machine)),
  valueFunction("rtrimstr", 1, (value, [suffix], machine) => withoutSuffix(value, suffix as Json, machine)),
  valueFunction("trimstr", 1, (value, [text], machine) =>
    withoutSuffix(withoutPrefix(value, text as Json, machine), text as Json, machine),
  ),
  filter("trim", (value, machine) => trim(value, true, true, machine)),
  filter("ltrim", (value, machine) => trim(value, true, false, machine)),
  filter("rtrim", (value, machine) => trim(value, false, true, machine)),
  filter("explode", explode),
  filter("implode", implode),
  filter("ascii_downcase", (value, machine) => mapAscii("explode", value, "A", 32, machine)),
  filter("ascii_upcase", (value, machine) => mapAscii("explode", value, "a", -32, machine)),
  filter("ascii", (value, machine) =>
    typeof value === "number"
      ? String.fromCharCode(Math.trunc(value) & 0x7f)
      : raise(`${describe(value, machine)} number required`),
  ),
  operation("split", 1, (value, [separator], machine) => {
    if (typeof value !== "string" || typeof separator !== "string")
      return raise("split input and separator must be strings");
    return split(value, separator, machine);
  }),
  valueFunction("join", 1, (value, [separator], machine) => join(value, separator as Json, machine)),
  operation("_strindices", 1, (value, [wanted], machine) => strictIndices(value, wanted as Json, machine)),
  valueFunction("indices", 1, (value, [wanted], machine) => indices(value, wanted as Json, machine)),
  valueFunction("index", 1, (value, [wanted], machine) => edgeIndex(value, wanted as Json, 0, machine)),
  valueFunction("rindex", 1, (value, [wanted], machine) => edgeIndex(value, wanted as Json, -1, machine)),
  operation("format", 1, (value, [name], machine) => {
    if (typeof name !== "string") return raise(`${describe(name as Json, machine)} is not a valid format`);
    return format(name, value, machine);
  }),
];
