import { type Json, type JsonObject, isJsonArray } from "../../lib/json.ts";
import type { Machine } from "../machine.ts";

/** How deep a value is written out; jq's own bound. */
const DEPTH_MAX = 10_000;
const DEPTH_NOTE = "<skipped: too deep>";

/** Finding the shortest digits of a number takes some time, of a fraction more. */
const STEPS_PER_INTEGER = 3;
const STEPS_PER_FRACTION = 8;

function priceOf(value: number): number {
  return Number.isInteger(value) ? STEPS_PER_INTEGER : STEPS_PER_FRACTION;
}

/** A number as jq writes it: shortest digits that read back, exponents from 1e-5 downwards and beyond 17 digits, infinities as the largest number, NaN as null. */
export function printNumber(value: number): string {
  const size = Math.abs(value);
  if (size < 1e17 && (size >= 1e-4 || size === 0)) return Object.is(value, -0) ? "-0" : String(value);
  if (value !== value) return "null";
  if (value === Infinity) return "1.7976931348623157e+308";
  if (value === -Infinity) return "-1.7976931348623157e+308";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  const sign = value < 0 ? "-" : "";
  const digits = mantissa.replace("-", "").replace(".", "");
  const point = exponent + 1;
  if (point <= -4 || point > digits.length + 15) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    const magnitude = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${magnitude}`;
  }
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${"0".repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A text as a JSON string; DEL is escaped too, as jq does. */
export function printText(text: string): string {
  const printed = JSON.stringify(text);
  return printed.includes("\u007f") ? printed.replaceAll("\u007f", "\\u007f") : printed;
}

interface Frame {
  readonly container: readonly Json[] | JsonObject;
  readonly keys: readonly string[] | undefined;
  readonly size: number;
  next: number;
}

/** The compact JSON text of a value, as `tojson` gives it; pays by length and needs no JavaScript stack for depth. */
export function print(value: Json, machine: Machine): string {
  if (typeof value === "string") {
    const text = printText(value);
    machine.chargeText(text.length);
    machine.chargeReading(text.length);
    return text;
  }
  if (value === null || typeof value !== "object") {
    if (typeof value === "number") machine.charge(priceOf(value));
    return printScalar(value);
  }
  const pieces: string[] = [];
  const stack: Frame[] = [];
  let current: Json = value;
  let length = 0;
  for (;;) {
    machine.step();
    if (stack.length > DEPTH_MAX) {
      pieces.push(DEPTH_NOTE);
    } else if (current !== null && typeof current === "object") {
      const keys: readonly string[] | undefined = isJsonArray(current) ? undefined : Object.keys(current);
      pieces.push(keys ? "{" : "[");
      // A container costs more than a scalar, and the text of its keys is part of the output.
      machine.charge(8 + 3 * (keys ?? (current as readonly Json[])).length);
      if (keys) {
        machine.chargeKeys(2 * keys.length);
        for (const key of keys) length += key.length;
      }
      stack.push({ container: current, keys, next: 0, size: (keys ?? (current as readonly Json[])).length });
    } else if (typeof current === "string") {
      const text = printText(current);
      length += text.length;
      machine.chargeText(length < machine.limits.size ? text.length : length);
      machine.chargeReading(text.length);
      pieces.push(text);
    } else {
      if (typeof current === "number") machine.charge(priceOf(current));
      pieces.push(printScalar(current));
    }
    let frame = stack.at(-1);
    while (frame !== undefined && frame.next >= frame.size) {
      pieces.push(frame.keys ? "}" : "]");
      stack.pop();
      frame = stack.at(-1);
    }
    if (frame === undefined) return pieces.join("");
    if (frame.next > 0) pieces.push(",");
    if (frame.keys) {
      const key = frame.keys[frame.next++] as string;
      pieces.push(printText(key), ":");
      current = (frame.container as JsonObject)[key] as Json;
    } else {
      current = (frame.container as readonly Json[])[frame.next++] as Json;
    }
  }
}

function printScalar(value: null | boolean | number | string): string {
  if (typeof value === "number") return printNumber(value);
  return typeof value === "string" ? printText(value) : String(value);
}

/** `tostring`: texts as they are, everything else as JSON. */
export function printAsText(value: Json, machine: Machine): string {
  return typeof value === "string" ? value : print(value, machine);
}

const STEPS_PER_EXCERPT = 20;
/** How many UTF-8 bytes of a value an error message shows. */
const EXCERPT_BYTES_MAX = 29;

/** The beginning of a value's JSON text, for error messages: cut at 29 bytes with an ellipsis and the closing delimiter, as jq cuts it. */
export function printExcerpt(value: Json, machine: Machine): string {
  machine.charge(STEPS_PER_EXCERPT);
  const text = printHead(value, machine);
  const closing = text[0] === '"' ? '"' : text[0] === "[" ? "]" : text[0] === "{" ? "}" : "";
  const room = EXCERPT_BYTES_MAX - 3 - closing.length;
  let bytes = 0;
  let cut = 0;
  for (const char of text) {
    bytes += utf8Size(char.codePointAt(0) as number);
    if (bytes <= room) cut += char.length;
    if (bytes > EXCERPT_BYTES_MAX) return `${text.slice(0, cut)}...${closing}`;
  }
  return text;
}

function utf8Size(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** Enough of a value's JSON text for an excerpt; never walks a large value, since every level adds at least one character. */
function printHead(value: Json, machine: Machine, levels = EXCERPT_BYTES_MAX + 1): string {
  if (typeof value === "string") return printText(value.slice(0, EXCERPT_BYTES_MAX + 2));
  if (value === null || typeof value !== "object") return printScalar(value);
  machine.charge(2);
  if (levels === 0) return "[";
  const isArray = isJsonArray(value);
  let text = isArray ? "[" : "{";
  const keys = isArray ? undefined : Object.keys(value);
  const items: readonly Json[] = isArray ? value : [];
  const count = keys ? keys.length : items.length;
  if (keys) machine.chargeKeys(count);
  for (let index = 0; index < count; index++) {
    if (index > 0) text += ",";
    if (keys) text += `${printText((keys[index] as string).slice(0, EXCERPT_BYTES_MAX))}:`;
    if (text.length > EXCERPT_BYTES_MAX) return text;
    const item = keys
      ? ((value as Readonly<Record<string, Json>>)[keys[index] as string] as Json)
      : (items[index] as Json);
    text += printHead(item, machine, levels - 1);
    if (text.length > EXCERPT_BYTES_MAX) return text;
  }
  return text + (isArray ? "]" : "}");
}
