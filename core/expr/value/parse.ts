import { type Json, setKey } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";

/** What starting the slower reader and failing in it costs. */
const STEPS_OF_READER = 40;
/** How deep a text may nest; jq's own bound. */
const DEPTH_MAX = 10_000;

/** `fromjson`: JSON as jq reads it, with NaN, nan and Infinity; errors in jq's words. */
export function parseJson(text: string, machine: Machine): Json {
  machine.chargeText(text.length);
  machine.charge(text.length / 2);
  return nestsTooDeep(text) || text.includes("\\ud") || text.includes("\\uD")
    ? readSlowly(text, machine)
    : readQuickly(text, machine);
}

/** The host's parser is many times faster; whatever it refuses, the slower one reads or refuses in jq's words. */
function readQuickly(text: string, machine: Machine): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return readSlowly(text, machine);
  }
}

function readSlowly(text: string, machine: Machine): Json {
  machine.charge(STEPS_OF_READER + text.length * 2);
  return new Reader(text).read();
}

/** Tells whether brackets nest deeper than jq allows; in texts they do not count. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 0x22) isInText = !isInText;
    else if (isInText) index += unit === 0x5c ? 1 : 0;
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth >= DEPTH_MAX) return true;
    } else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return false;
}

/** A container under construction; an object waits for a value while `key` is set. */
interface Open {
  readonly items: Json[] | undefined;
  readonly fields: Record<string, Json> | undefined;
  key: string | undefined;
}

/** Reads a text token by token the way jq's parser does, so that it fails at the same place with the same words. */
class Reader {
  readonly #text: string;
  readonly #open: Open[] = [];
  /** Open containers and pending keys: what jq counts as depth. */
  #depth = 0;
  #next: Json | undefined;
  #result: Json | undefined;
  #position = 0;

  constructor(text: string) {
    this.#text = text.startsWith("\ufeff") ? text.slice(1) : text;
  }

  read(): Json {
    while (this.#position < this.#text.length) {
      const char = this.#text[this.#position] as string;
      if (" \t\r\n".includes(char)) this.#position++;
      else if (char === '"') this.#string();
      else if ("[]{},:".includes(char)) this.#structure(char);
      else this.#literal();
      this.#finish();
    }
    if (this.#open.length > 0) this.#failAtEnd("Unfinished JSON term");
    return this.#result === undefined
      ? raise("Expected JSON value (while parsing '" + this.#text + "')")
      : this.#result;
  }

  #finish(): void {
    if (this.#open.length > 0 || this.#next === undefined) return;
    if (this.#result !== undefined) this.#failUnpositioned("Unexpected extra JSON values");
    this.#result = this.#next;
    this.#next = undefined;
  }

  #give(value: Json): void {
    if (this.#next !== undefined) this.#fail("Expected separator between values");
    this.#next = value;
  }

  #structure(char: string): void {
    this.#position++;
    const top = this.#open.at(-1);
    switch (char) {
      case "[":
      case "{":
        if (this.#depth >= DEPTH_MAX) this.#fail("Exceeds depth limit for parsing");
        if (this.#next !== undefined) this.#fail("Expected separator between values");
        this.#depth++;
        this.#open.push(
          char === "["
            ? { items: [], fields: undefined, key: undefined }
            : { items: undefined, fields: {}, key: undefined },
        );
        return;
      case ":":
        if (this.#next === undefined) this.#fail("Expected string key before ':'");
        if (!top?.fields || top.key !== undefined) return this.#fail("':' not as part of an object");
        if (typeof this.#next !== "string") return this.#fail("Object keys must be strings");
        this.#depth++;
        top.key = this.#next;
        this.#next = undefined;
        return;
      case ",":
        if (this.#next === undefined) this.#fail("Expected value before ','");
        if (!top) return this.#fail("',' not as part of an object or array");
        return this.#store(top, this.#next);
      case "]":
        if (!top?.items) return this.#fail("Unmatched ']'");
        if (this.#next !== undefined) top.items.push(this.#next);
        else if (top.items.length > 0) this.#fail("Expected another array element");
        this.#depth--;
        this.#open.pop();
        this.#next = top.items;
        return;
      default:
        if (!top) return this.#fail("Unmatched '}'");
        if (this.#next !== undefined) {
          if (!top.fields || top.key === undefined) return this.#fail("Objects must consist of key:value pairs");
          this.#store(top, this.#next);
        } else {
          if (!top.fields || top.key !== undefined) return this.#fail("Unmatched '}'");
          if (Object.keys(top.fields).length > 0) this.#fail("Expected another key-value pair");
        }
        this.#depth--;
        this.#open.pop();
        this.#next = top.fields;
    }
  }

  #store(top: Open, value: Json): void {
    if (top.items) top.items.push(value);
    else if (top.key === undefined) this.#fail("Objects must consist of key:value pairs");
    else {
      setKey(top.fields as Record<string, Json>, top.key, value);
      this.#depth--;
    }
    top.key = undefined;
    this.#next = undefined;
  }

  #string(): void {
    let text = "";
    const start = this.#position;
    for (this.#position++; ;) {
      const char = this.#text[this.#position];
      if (char === undefined) this.#failAtEnd("Unfinished string");
      if (char === '"') break;
      if (char === "\\") text += this.#escape(start);
      else {
        if (char !== undefined && char < " ")
          this.#failString(start, "Invalid string: control characters from U+0000 through U+001F must be escaped");
        text += char;
        this.#position++;
      }
    }
    this.#position++;
    this.#give(text);
  }

  #escape(start: number): string {
    const char = this.#text[this.#position + 1] ?? "";
    const simple = '"\\/bfnrt'.indexOf(char);
    if (char !== "" && simple >= 0) {
      this.#position += 2;
      return '"\\/\b\f\n\r\t'[simple] as string;
    }
    if (char !== "u") return this.#failString(start, "Invalid escape");
    const unit = this.#hexUnit(start);
    if (unit < 0xd800 || unit > 0xdbff) return unit >= 0xdc00 && unit <= 0xdfff ? "\ufffd" : String.fromCharCode(unit);
    const low = this.#text.startsWith("\\u", this.#position) ? this.#hexUnit(start) : 0;
    if (low < 0xdc00 || low > 0xdfff) this.#failString(start, "Invalid \\uXXXX\\uXXXX surrogate pair escape");
    return String.fromCharCode(unit, low);
  }

  #hexUnit(start: number): number {
    const digits = this.#text.slice(this.#position + 2, this.#position + 6);
    if (digits.length < 4) this.#failString(start, "Invalid \\uXXXX escape");
    if (!Array.from(digits).every((digit) => "0123456789abcdefABCDEF".includes(digit)))
      this.#failString(start, "Invalid characters in \\uXXXX escape");
    this.#position += 6;
    return Number.parseInt(digits, 16);
  }

  #literal(): void {
    const start = this.#position;
    while (this.#position < this.#text.length && !' \t\r\n"[]{},:'.includes(this.#text[this.#position] as string))
      this.#position++;
    const word = this.#text.slice(start, this.#position);
    const value = literalValue(word);
    if (value !== undefined) return this.#give(value);
    if (word.startsWith("'")) this.#failAfterToken("Invalid string literal; expected \", but got '");
    if (word.startsWith("t") || word.startsWith("f") || word.startsWith("nu")) this.#failAfterToken("Invalid literal");
    this.#failAfterToken("Invalid numeric literal");
  }

  #failAfterToken(message: string): never {
    if (this.#position >= this.#text.length) return this.#failAtEnd(message);
    this.#position++;
    return this.#fail(message);
  }

  #failString(start: number, message: string): never {
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    this.#position = Math.min(end + 1, this.#text.length);
    return this.#fail(message);
  }

  #fail(message: string): never {
    return raise(`${message} at ${this.#place()} (while parsing '${this.#text}')`);
  }

  #failAtEnd(message: string): never {
    this.#position = this.#text.length;
    return raise(`${message} at EOF at ${this.#place()} (while parsing '${this.#text}')`);
  }

  #failUnpositioned(message: string): never {
    return raise(`${message} (while parsing '${this.#text}')`);
  }

  #place(): string {
    const before = this.#text.slice(0, this.#position);
    const line = before.split("\n").length;
    return `line ${line}, column ${before.length - (before.lastIndexOf("\n") + 1)}`;
  }
}

function literalValue(word: string): Json | undefined {
  if (word === "true") return true;
  if (word === "false") return false;
  if (word === "null") return null;
  return parseNumber(word, true);
}

/** A number as jq reads it (`.5`, `5.`, `+1`), undefined where the text is none; `nan` and `infinity` count where `named`. */
export function parseNumber(text: string, named: boolean): number | undefined {
  if (isDecimal(text)) return Number(text);
  if (!named) return undefined;
  const sign = text.startsWith("-") ? -1 : 1;
  const word = text.slice(text.startsWith("-") || text.startsWith("+") ? 1 : 0).toLowerCase();
  if (word === "nan") return NaN;
  return word === "infinity" || word === "inf" ? sign * Infinity : undefined;
}

function isDecimal(text: string): boolean {
  let index = text[0] === "-" || text[0] === "+" ? 1 : 0;
  const digits = (): number => {
    const start = index;
    while (index < text.length && (text[index] as string) >= "0" && (text[index] as string) <= "9") index++;
    return index - start;
  };
  let count = digits();
  if (text[index] === ".") {
    index++;
    count += digits();
  }
  if (count === 0) return false;
  if (text[index] === "e" || text[index] === "E") {
    index++;
    if (text[index] === "+" || text[index] === "-") index++;
    if (digits() === 0) return false;
  }
  return index === text.length;
}
