import { type Json, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "./arithmetic.ts";
import { print, printAsText } from "./print.ts";
import { STEPS_PER_BUILDER, TextBuilder, utf8Bytes, utf8Text } from "./text.ts";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = 0x3d;
const HEX = "0123456789ABCDEF";

/** Writes a value in a format: what `@name` and `format("name")` do. */
export function format(name: string, value: Json, machine: Machine): string {
  switch (name) {
    case "text":
      return printAsText(value, machine);
    case "json":
      return print(value, machine);
    case "csv":
      return row(value, "csv", (text) => `"${text.replaceAll('"', '""')}"`, ",", machine);
    case "tsv":
      return row(value, "tsv", (text) => replaceEach(text, /[\t\r\n\\]/gu, TSV), "\t", machine);
    case "html":
      return replaceEach(paidText(value, machine), /[&<>'"]/gu, HTML);
    case "uri":
      return uri(paidText(value, machine));
    case "urid":
      return urid(paidText(value, machine), machine);
    case "sh":
      return shell(value, machine);
    case "base64":
      return base64(utf8Bytes(paidText(value, machine)));
    case "base64d":
      return base64d(paidText(value, machine), machine);
    case "base32":
      return base32(utf8Bytes(paidText(value, machine)));
    case "base32d":
      return base32d(paidText(value, machine), machine);
    default:
      return raise(`${name} is not a valid format`);
  }
}

function paidText(value: Json, machine: Machine): string {
  const text = printAsText(value, machine);
  machine.charge(STEPS_PER_BUILDER + 1.5 * text.length);
  return text;
}

const TSV: Readonly<Record<string, string>> = { "\t": "\\t", "\r": "\\r", "\n": "\\n", "\\": "\\\\" };
const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;" };

function replaceEach(text: string, chars: RegExp, replacements: Readonly<Record<string, string>>): string {
  return text.replace(chars, (char) => replacements[char] as string);
}

function row(
  value: Json,
  name: "csv" | "tsv",
  quote: (text: string) => string,
  separator: string,
  machine: Machine,
): string {
  if (!isJsonArray(value)) return raise(`${describe(value, machine)} cannot be ${name}-formatted, only array`);
  const cells = value.map((cell) => {
    machine.charge(2);
    if (cell === null || cell !== cell) return "";
    if (typeof cell === "string") {
      machine.charge(cell.length);
      return quote(cell);
    }
    if (typeof cell === "object") return raise(`${describe(cell, machine)} is not valid in a csv row`);
    return print(cell, machine);
  });
  return cells.join(separator);
}

function isUnreserved(byte: number): boolean {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x7e;
}

function uri(text: string): string {
  const bytes = utf8Bytes(text);
  const builder = new TextBuilder(3 * bytes.length);
  for (const byte of bytes) {
    if (isUnreserved(byte)) {
      builder.unit(byte);
    } else {
      builder.unit(0x25);
      builder.unit(HEX.charCodeAt(byte >> 4));
      builder.unit(HEX.charCodeAt(byte & 15));
    }
  }
  return builder.text();
}

function urid(text: string, machine: Machine): string {
  if (!text.includes("%")) return text;
  const source = utf8Bytes(text);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let index = 0; index < source.length; index++) {
    const byte = source[index] as number;
    if (byte !== 0x25) {
      bytes[length++] = byte;
      continue;
    }
    const [high, low] = [hexDigit(source[index + 1]), hexDigit(source[index + 2])];
    if (high < 0 || low < 0) return raise(`${describe(text, machine)} is not a valid uri encoding`);
    bytes[length++] = high * 16 + low;
    index += 2;
  }
  return utf8Text(bytes.subarray(0, length), true) ?? raise(`${describe(text, machine)} is not a valid uri encoding`);
}

function hexDigit(byte: number | undefined): number {
  return byte === undefined ? -1 : HEX.indexOf(String.fromCharCode(byte).toUpperCase());
}

function shell(value: Json, machine: Machine): string {
  const words = isJsonArray(value) ? value : [value];
  const quoted = words.map((word) => {
    machine.charge(2);
    if (typeof word === "string") {
      machine.charge(word.length);
      return `'${word.replaceAll("'", "'\\''")}'`;
    }
    if (word !== null && typeof word === "object")
      return raise(`${describe(word, machine)} can not be escaped for shell`);
    return print(word, machine);
  });
  return quoted.join(" ");
}

function base64(bytes: Uint8Array): string {
  const builder = new TextBuilder(4 * Math.ceil(bytes.length / 3));
  for (let index = 0; index < bytes.length; index += 3) {
    const count = Math.min(3, bytes.length - index);
    const group = ((bytes[index] as number) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    for (let digit = 0; digit < 4; digit++)
      builder.unit(digit <= count ? BASE64.charCodeAt((group >> (18 - 6 * digit)) & 63) : PADDING);
  }
  return builder.text();
}

function base64Digit(unit: number): number {
  if (unit >= 0x41 && unit <= 0x5a) return unit - 0x41;
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x61 + 26;
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30 + 52;
  return unit === 0x2b ? 62 : unit === 0x2f ? 63 : -1;
}

function base64d(text: string, machine: Machine): string {
  const bytes = new Uint8Array(3 * Math.ceil(text.length / 4));
  let length = 0;
  let group = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === PADDING) break;
    const digit = base64Digit(unit);
    if (digit < 0) return raise(`${describe(text, machine)} is not valid base64 data`);
    group = ((group << 6) | digit) & 0xffffff;
    if (++digits < 4) continue;
    bytes[length++] = group >> 16;
    bytes[length++] = (group >> 8) & 255;
    bytes[length++] = group & 255;
    digits = 0;
    group = 0;
  }
  if (digits === 1) return raise(`${describe(text, machine)} trailing base64 byte found`);
  if (digits >= 2) bytes[length++] = (group >> (6 * digits - 8)) & 255;
  if (digits === 3) bytes[length++] = (group >> 2) & 255;
  return utf8Text(bytes.subarray(0, length), false) as string;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(bytes: Uint8Array): string {
  const size = 8 * Math.ceil(bytes.length / 5);
  const builder = new TextBuilder(size);
  let bits = 0;
  let count = 0;
  let written = 0;
  const write = (unit: number): void => {
    builder.unit(unit);
    written++;
  };
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (count += 8; count >= 5; count -= 5) write(BASE32.charCodeAt((bits >> (count - 5)) & 31));
  }
  if (count > 0) write(BASE32.charCodeAt((bits << (5 - count)) & 31));
  while (written < size) write(PADDING);
  return builder.text();
}

function base32d(text: string, machine: Machine): string {
  const bytes = new Uint8Array(Math.ceil((text.length * 5) / 8));
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === PADDING) break;
    const digit = base32Digit(unit);
    if (digit < 0) return raise(`${describe(text, machine)} is not valid base32 data`);
    bits = ((bits << 5) | digit) & 0xffff;
    count += 5;
    if (count >= 8) bytes[length++] = (bits >> (count -= 8)) & 255;
  }
  return utf8Text(bytes.subarray(0, length), false) as string;
}

function base32Digit(unit: number): number {
  if (unit >= 0x41 && unit <= 0x5a) return unit - 0x41;
  return unit >= 0x32 && unit <= 0x37 ? unit - 0x32 + 26 : -1;
}
