import { type Json, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "./arithmetic.ts";
import { print, printAsText } from "./print.ts";
import { utf8Bytes, utf8Text } from "./text.ts";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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
      return row(value, "tsv", (text) => replaceEach(text, TSV), "\t", machine);
    case "html":
      return replaceEach(paidText(value, machine), HTML);
    case "uri":
      return uri(paidText(value, machine));
    case "urid":
      return urid(paidText(value, machine));
    case "sh":
      return shell(value, machine);
    case "base64":
      return base64(utf8Bytes(paidText(value, machine)));
    case "base64d":
      return base64d(paidText(value, machine));
    case "base32":
      return base32(utf8Bytes(paidText(value, machine)));
    case "base32d":
      return base32d(paidText(value, machine));
    default:
      return raise(`${name} is not a valid format`);
  }
}

function paidText(value: Json, machine: Machine): string {
  const text = printAsText(value, machine);
  machine.charge(text.length);
  return text;
}

const TSV: Readonly<Record<string, string>> = { "\t": "\\t", "\r": "\\r", "\n": "\\n", "\\": "\\\\" };
const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;" };

function replaceEach(text: string, replacements: Readonly<Record<string, string>>): string {
  let result = "";
  for (const char of text) result += Object.hasOwn(replacements, char) ? replacements[char] : char;
  return result;
}

function row(
  value: Json,
  name: "csv" | "tsv",
  quote: (text: string) => string,
  separator: string,
  machine: Machine,
): string {
  if (!isJsonArray(value)) return raise(`${describe(value)} cannot be ${name}-formatted, only array`);
  const cells = value.map((cell) => {
    machine.step();
    if (cell === null || cell !== cell) return "";
    if (typeof cell === "string") {
      machine.charge(cell.length);
      return quote(cell);
    }
    if (typeof cell === "object") return raise(`${describe(cell)} is not valid in a csv row`);
    return print(cell, machine);
  });
  return cells.join(separator);
}

function isUnreserved(byte: number): boolean {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x7e;
}

function uri(text: string): string {
  let result = "";
  for (const byte of utf8Bytes(text))
    result += isUnreserved(byte) ? String.fromCharCode(byte) : `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  return result;
}

function urid(text: string): string {
  if (!text.includes("%")) return text;
  const bytes: number[] = [];
  const source = utf8Bytes(text);
  for (let index = 0; index < source.length; index++) {
    const byte = source[index] as number;
    if (byte !== 0x25) {
      bytes.push(byte);
      continue;
    }
    const [high, low] = [hexDigit(source[index + 1]), hexDigit(source[index + 2])];
    if (high < 0 || low < 0) return raise(`${describe(text)} is not a valid uri encoding`);
    bytes.push(high * 16 + low);
    index += 2;
  }
  return utf8Text(bytes, true) ?? raise(`${describe(text)} is not a valid uri encoding`);
}

function hexDigit(byte: number | undefined): number {
  return byte === undefined ? -1 : HEX.indexOf(String.fromCharCode(byte).toUpperCase());
}

function shell(value: Json, machine: Machine): string {
  const words = isJsonArray(value) ? value : [value];
  const quoted = words.map((word) => {
    machine.step();
    if (typeof word === "string") {
      machine.charge(word.length);
      return `'${word.replaceAll("'", "'\\''")}'`;
    }
    if (word !== null && typeof word === "object") return raise(`${describe(word)} can not be escaped for shell`);
    return print(word, machine);
  });
  return quoted.join(" ");
}

function base64(bytes: readonly number[]): string {
  let result = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const count = Math.min(3, bytes.length - index);
    const group = ((bytes[index] as number) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    for (let digit = 0; digit < 4; digit++) result += digit <= count ? BASE64[(group >> (18 - 6 * digit)) & 63] : "=";
  }
  return result;
}

function base64d(text: string): string {
  const bytes: number[] = [];
  let group = 0;
  let digits = 0;
  for (const char of text) {
    if (char === "=") break;
    const digit = BASE64.indexOf(char);
    if (digit < 0) return raise(`${describe(text)} is not valid base64 data`);
    group = ((group << 6) | digit) & 0xffffff;
    if (++digits === 4) {
      bytes.push(group >> 16, (group >> 8) & 255, group & 255);
      digits = 0;
      group = 0;
    }
  }
  if (digits === 3) bytes.push((group >> 10) & 255, (group >> 2) & 255);
  else if (digits === 2) bytes.push((group >> 4) & 255);
  else if (digits === 1) return raise(`${describe(text)} trailing base64 byte found`);
  return utf8Text(bytes, false) as string;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(bytes: readonly number[]): string {
  let result = "";
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (count += 8; count >= 5; count -= 5) result += BASE32[(bits >> (count - 5)) & 31];
  }
  if (count > 0) result += BASE32[(bits << (5 - count)) & 31];
  return result.padEnd(Math.ceil(result.length / 8) * 8, "=");
}

function base32d(text: string): string {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const char of text) {
    if (char === "=") break;
    const digit = BASE32.indexOf(char);
    if (digit < 0) return raise(`${describe(text)} is not valid base32 data`);
    bits = ((bits << 5) | digit) & 0xffff;
    count += 5;
    if (count >= 8) bytes.push((bits >> (count -= 8)) & 255);
  }
  return utf8Text(bytes, false) as string;
}
