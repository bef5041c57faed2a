import { type CharSet, classSet, negatedSet, propertySet } from "./char-set.ts";
import { RegexSyntaxError } from "./regex-error.ts";

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  t: 0x09,
  n: 0x0a,
  r: 0x0d,
  f: 0x0c,
  v: 0x0b,
  a: 0x07,
  e: 0x1b,
};

/** Goes through a pattern, and reads the escapes that stand for characters and sets of them: those that mean the same inside and outside of brackets. */
export class EscapeReader {
  protected readonly source: string;
  protected readonly isEcma: boolean;
  protected position = 0;

  constructor(source: string, isEcma: boolean) {
    this.source = source;
    this.isEcma = isEcma;
  }

  protected accept(text: string): boolean {
    if (!this.source.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  protected fail(message: string, offset = this.position): never {
    throw new RegexSyntaxError(message, Math.min(offset, this.source.length));
  }

  protected codePoint(): number {
    const code = this.source.codePointAt(this.position) as number;
    this.position += code > 0xffff ? 2 : 1;
    return code;
  }

  /** `\d`, `\W`, `\p{…}` and the like, with the position at the letter; undefined where it names no set. */
  protected escapedSet(): CharSet | undefined {
    const char = this.source[this.position] as string;
    if (char === "p" || char === "P") return this.#property(char === "P");
    const lower = char.toLowerCase();
    const set = classSet(lower, !this.isEcma);
    if (!set) return undefined;
    this.position++;
    return char === lower ? set : negatedSet(set);
  }

  #property(isNegative: boolean): CharSet {
    const start = this.position;
    this.position++;
    const end = this.source[this.position] === "{" ? this.source.indexOf("}", this.position) : -1;
    if (end < 0) return this.fail("invalid character property name {p}", start);
    const written = this.source.slice(this.position + 1, end);
    const isInverted = written.startsWith("^") && !this.isEcma;
    const set = propertySet(isInverted ? written.slice(1) : written);
    if (!set) return this.fail(`invalid character property name {${written}}`, start);
    this.position = end + 1;
    return isNegative !== isInverted ? negatedSet(set) : set;
  }

  /** An escape that stands for one character, with the position at the letter. */
  protected escapedChar(inBracket: boolean): number {
    const char = this.source[this.position] as string;
    const simple = SIMPLE_ESCAPES[char];
    if (simple !== undefined && !(this.isEcma && (char === "a" || char === "e"))) {
      this.position++;
      return simple;
    }
    if (inBracket && char === "b") {
      this.position++;
      return 0x08;
    }
    if (char === "x") return this.#hex();
    if (char === "u") return this.#unicode();
    if (char === "c") {
      const letter = this.source.charCodeAt(this.position + 1);
      if (letter !== letter) this.fail("end pattern at control");
      this.position += 2;
      return letter & 0x1f;
    }
    if (char === "0" || (inBracket && char >= "1" && char <= "7")) return this.octal();
    return this.codePoint();
  }

  protected octal(): number {
    const start = this.position;
    while (this.position < start + 3 && "01234567".includes(this.source[this.position] ?? "x")) this.position++;
    return Number.parseInt(this.source.slice(start, this.position), 8);
  }

  #hex(): number {
    this.position++;
    if (this.source[this.position] === "{") return this.#braced();
    const start = this.position;
    while (this.position < start + 2 && isHex(this.source[this.position])) this.position++;
    return this.position === start ? 0 : Number.parseInt(this.source.slice(start, this.position), 16);
  }

  #unicode(): number {
    this.position++;
    if (this.source[this.position] === "{") return this.#braced();
    const unit = this.#unit();
    if (unit >= 0xd800 && unit <= 0xdbff && this.source.startsWith("\\u", this.position)) {
      const before = this.position;
      this.position += 2;
      const low = this.#unit();
      if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
      this.position = before;
    }
    return unit;
  }

  #unit(): number {
    const digits = this.source.slice(this.position, this.position + 4);
    if (digits.length !== 4 || !Array.from(digits).every(isHex)) this.fail("too short digits");
    this.position += 4;
    return Number.parseInt(digits, 16);
  }

  #braced(): number {
    const end = this.source.indexOf("}", this.position);
    const digits = end < 0 ? "" : this.source.slice(this.position + 1, end).trim();
    const code = digits !== "" && Array.from(digits).every(isHex) ? Number.parseInt(digits, 16) : Infinity;
    if (code > 0x10ffff) this.fail("invalid code point value");
    this.position = end + 1;
    return code;
  }
}

function isHex(char: string | undefined): boolean {
  return char !== undefined && /^[0-9A-Fa-f]$/u.test(char);
}
