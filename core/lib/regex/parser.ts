import { BracketReader } from "./bracket-reader.ts";
import { type CharSet, foldCase, foldedSet, isNewline, negatedSet } from "./char-set.ts";
import { RegexSyntaxError } from "./regex-error.ts";
import type { RegexOptions } from "./regex-options.ts";
import type { Assertion, Repeat, Tree } from "./tree.ts";

const NESTING_MAX = 100;
const REPEAT_MAX = 100_000;

/** What inline options switch. */
interface Flags {
  readonly ignoreCase: boolean;
  readonly extended: boolean;
  readonly dotAll: boolean;
  readonly multiLine: boolean;
}

/** A parsed pattern with its groups. */
export interface ParsedRegex {
  readonly tree: Tree;
  readonly groupNames: readonly (string | undefined)[];
}

/** Parses a pattern of either flavour; throws RegexSyntaxError. */
export function parseRegex(source: string, options: RegexOptions): ParsedRegex {
  return new Parser(source, options).parse();
}

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  b: "word-boundary",
  B: "no-word-boundary",
  A: "text-start",
  z: "text-end",
  Z: "text-end-or-last-newline",
  G: "search-start",
};

class Parser extends BracketReader {
  #flags: Flags;
  #depth = 0;
  /** Up to where the text is quoted by `\Q`. */
  #quotedEnd = 0;
  readonly #groupNames: (string | undefined)[] = [];
  /** Back-references are resolved at the end, since a name may be defined later. */
  readonly #references: { readonly groups: number[]; readonly key: string; readonly offset: number }[] = [];

  constructor(source: string, options: RegexOptions) {
    super(source, options.flavour === "ecma");
    this.#flags = {
      ignoreCase: options.ignoreCase ?? false,
      extended: options.extended ?? false,
      dotAll: options.dotAll ?? false,
      multiLine: false,
    };
  }

  parse(): ParsedRegex {
    const tree = this.#choice();
    if (this.position < this.source.length) this.fail("unmatched close parenthesis");
    for (const reference of this.#references) this.#resolve(reference);
    return { tree, groupNames: this.#groupNames };
  }

  #resolve({
    groups,
    key,
    offset,
  }: {
    readonly groups: number[];
    readonly key: string;
    readonly offset: number;
  }): void {
    if (isDigits(key)) {
      if (Number(key) > this.#groupNames.length || Number(key) === 0)
        throw new RegexSyntaxError("invalid backref number/name", offset);
      groups.push(Number(key));
      return;
    }
    this.#groupNames.forEach((name, index) => {
      if (name === key) groups.push(index + 1);
    });
    if (groups.length === 0) throw new RegexSyntaxError(`undefined name <${key}> reference`, offset);
  }

  #choice(): Tree {
    if (++this.#depth > NESTING_MAX) this.fail("pattern is nested too deeply");
    const outer = this.#flags;
    const options = [this.#sequence()];
    while (this.accept("|")) options.push(this.#sequence());
    this.#flags = outer;
    this.#depth--;
    return options.length === 1 ? (options[0] as Tree) : { type: "choice", options };
  }

  #sequence(): Tree {
    const items: Tree[] = [];
    for (;;) {
      if (this.#flags.extended && this.#quotedEnd <= this.position) this.#skipExtended();
      const char = this.source[this.position];
      if (this.#quotedEnd > this.position) {
        items.push(this.#quotedChar());
        continue;
      }
      if (char === undefined || char === "|" || char === ")") break;
      if (!this.isEcma && this.accept("\\Q")) {
        this.#startQuote();
        continue;
      }
      const atom = this.#atom(char);
      if (atom) items.push(this.#quantified(atom));
    }
    return items.length === 1
      ? (items[0] as Tree)
      : items.length === 0
        ? { type: "empty" }
        : { type: "sequence", items };
  }

  /** `\Q…\E`: text as it is; a quantifier after it belongs to its last character. */
  #startQuote(): void {
    const end = this.source.indexOf("\\E", this.position);
    this.#quotedEnd = end < 0 ? this.source.length : end;
    if (this.#quotedEnd === this.position) this.accept("\\E");
  }

  #quotedChar(): Tree {
    const char = this.#char(this.codePoint());
    if (this.position < this.#quotedEnd) return char;
    this.accept("\\E");
    return this.#quantified(char);
  }

  #skipExtended(): void {
    for (;;) {
      const char = this.source[this.position];
      if (char === "#") {
        while (this.position < this.source.length && this.source[this.position] !== "\n") this.position++;
      } else if (char !== undefined && " \t\r\n\f\v".includes(char)) {
        this.position++;
      } else return;
    }
  }

  /** One atom, or undefined for what matches nothing by itself: comments and inline options. */
  #atom(char: string): Tree | undefined {
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        this.position++;
        return { type: "set", set: this.bracket(this.#flags.ignoreCase) };
      case ".":
        this.position++;
        return {
          type: "set",
          set: this.#flags.dotAll ? () => true : this.isEcma ? (code) => !isEcmaNewline(code) : negatedSet(isNewline),
        };
      case "^":
        this.position++;
        return { type: "assertion", at: this.#flags.multiLine ? "line-start" : "text-start" };
      case "$":
        this.position++;
        return {
          type: "assertion",
          at: this.#flags.multiLine ? "line-end" : this.isEcma ? "text-end" : "text-end-or-last-newline",
        };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        return this.fail("target of repeat operator is not specified");
      default: {
        if (char === "{" && this.#interval()) return this.fail("target of repeat operator is not specified");
        return this.#char(this.codePoint());
      }
    }
  }

  #char(code: number): Tree {
    const { ignoreCase } = this.#flags;
    return { type: "char", code: ignoreCase ? foldCase(code) : code, ignoreCase };
  }

  #quantified(atom: Tree): Tree {
    let tree = atom;
    for (;;) {
      if (this.#flags.extended) this.#skipExtended();
      const repeat = this.#quantifier();
      if (!repeat) return tree;
      tree = { type: "repeat", body: tree, repeat };
      if (this.isEcma && this.#quantifier()) this.fail("nothing to repeat");
    }
  }

  #quantifier(): Repeat | undefined {
    const char = this.source[this.position];
    const bounds = char === "*" ? [0, Infinity] : char === "+" ? [1, Infinity] : char === "?" ? [0, 1] : undefined;
    if (bounds) {
      this.position++;
      return { min: bounds[0] as number, max: bounds[1] as number, mode: this.#mode(!this.isEcma) };
    }
    const interval = char === "{" ? this.#interval() : undefined;
    // In Perl's syntax a plus after an interval repeats it; only after a simple operator it is possessive.
    return interval && { ...interval, mode: this.#mode(false) };
  }

  #mode(mayBePossessive: boolean): Repeat["mode"] {
    if (this.accept("?")) return "lazy";
    return mayBePossessive && this.accept("+") ? "possessive" : "greedy";
  }

  /** `{n}`, `{n,}`, `{n,m}`; anything else in braces is text. */
  #interval(): { readonly min: number; readonly max: number } | undefined {
    const end = this.source.indexOf("}", this.position);
    const parts = end < 0 ? [] : this.source.slice(this.position + 1, end).split(",");
    const [low = "", high] = parts;
    const isValid = isDigits(low) && (high === undefined || high === "" || isDigits(high));
    if (parts.length === 0 || parts.length > 2 || !isValid) return undefined;
    const min = Number(low);
    const max = high === undefined ? min : high === "" ? Infinity : Number(high);
    if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX)) this.fail("too big number range");
    if (min > max) this.fail("numbers out of order in {} quantifier");
    this.position = end + 1;
    return { min, max };
  }

  #group(): Tree | undefined {
    const start = this.position++;
    if (!this.accept("?")) return this.#capture(undefined, start);
    if (this.accept(":")) return this.#closed(this.#choice(), start);
    if (this.accept("=")) return this.#look(false, false, start);
    if (this.accept("!")) return this.#look(false, true, start);
    if (this.accept("<=")) return this.#look(true, false, start);
    if (this.accept("<!")) return this.#look(true, true, start);
    if (!this.isEcma && this.accept(">")) return { type: "atomic", body: this.#closed(this.#choice(), start) };
    if (!this.isEcma && this.accept("#")) return this.#comment();
    if (this.accept("<") || (!this.isEcma && this.accept("P<"))) return this.#capture(this.#name(">"), start);
    if (!this.isEcma && this.accept("'")) return this.#capture(this.#name("'"), start);
    if (!this.isEcma) return this.#inlineOptions(start);
    return this.fail("undefined group option", start);
  }

  #capture(name: string | undefined, start: number): Tree {
    this.#groupNames.push(name);
    const index = this.#groupNames.length;
    return { type: "group", index, name, body: this.#closed(this.#choice(), start) };
  }

  #look(isBehind: boolean, isNegative: boolean, start: number): Tree {
    return { type: "look", isBehind, isNegative, body: this.#closed(this.#choice(), start) };
  }

  #closed(body: Tree, start: number): Tree {
    if (!this.accept(")")) this.fail("end pattern with unmatched parenthesis", start);
    return body;
  }

  #comment(): undefined {
    const end = this.source.indexOf(")", this.position);
    if (end < 0) this.fail("end pattern in group");
    this.position = end + 1;
    return undefined;
  }

  #name(close: string): string {
    const end = this.source.indexOf(close, this.position);
    const name = end < 0 ? "" : this.source.slice(this.position, end);
    if (name === "") this.fail("group name is empty");
    if (!/^[\p{L}_$][\p{L}\p{N}\p{M}_$]*$/u.test(name)) this.fail(`invalid group name <${name}>`);
    this.position = end + 1;
    return name;
  }

  /** `(?imsx-imsx)` for the rest of the group, `(?imsx-imsx:…)` for a group of its own. */
  #inlineOptions(start: number): Tree | undefined {
    let flags = this.#flags;
    let value = true;
    for (;;) {
      const char = this.source[this.position++] ?? "";
      switch (char) {
        case "-":
          value = false;
          break;
        case "i":
          flags = { ...flags, ignoreCase: value };
          break;
        case "x":
          flags = { ...flags, extended: value };
          break;
        case "s":
          flags = { ...flags, dotAll: value };
          break;
        case "m":
          flags = { ...flags, multiLine: value };
          break;
        case ")":
          // In effect until the enclosing group ends; alternatives that follow belong to it.
          this.#flags = flags;
          return undefined;
        case ":": {
          const outer = this.#flags;
          this.#flags = flags;
          const body = this.#choice();
          this.#flags = outer;
          return this.#closed(body, start);
        }
        default:
          return this.fail("undefined group option", start);
      }
    }
  }

  #escape(): Tree {
    const start = this.position;
    this.position++;
    const char = this.source[this.position];
    if (char === undefined) return this.fail("end pattern at escape", start);
    const assertion = ASSERTIONS[char];
    if (assertion && (!this.isEcma || char === "b" || char === "B")) {
      this.position++;
      return { type: "assertion", at: assertion };
    }
    if (char >= "1" && char <= "9") return this.#numberedReference(start);
    if (char === "k") return this.#namedReference(start);
    if (!this.isEcma) {
      if (char === "K") {
        this.position++;
        return { type: "keep" };
      }
      if (char === "R") {
        this.position++;
        return {
          type: "atomic",
          body: { type: "choice", options: [this.#text("\r\n"), { type: "set", set: isAnyLineBreak }] },
        };
      }
      if (char === "N" || char === "O") {
        this.position++;
        return { type: "set", set: char === "O" ? () => true : negatedSet(isNewline) };
      }
      if (char === "g" || char === "X" || char === "y" || char === "Y")
        return this.fail(`\\${char} is not supported`, start);
    }
    const set = this.escapedSet();
    if (set) return { type: "set", set: this.#flags.ignoreCase ? foldedSet(set) : set };
    return this.#char(this.escapedChar(false));
  }

  #text(text: string): Tree {
    return { type: "sequence", items: Array.from(text).map((char) => this.#char(char.codePointAt(0) as number)) };
  }

  #numberedReference(start: number): Tree {
    let end = this.position;
    while (isDigits(this.source[end] ?? "")) end++;
    const digits = this.source.slice(this.position, end);
    // A number of several digits beyond the groups so far is a character in octal.
    if (digits.length > 1 && Number(digits) > this.#groupNames.length && digits < "8") return this.#char(this.octal());
    this.position = end;
    return this.#reference(digits, start);
  }

  #namedReference(start: number): Tree {
    this.position++;
    const open = this.source[this.position];
    if (open !== "<" && open !== "'") return this.fail("invalid backref number/name", start);
    const end = this.source.indexOf(open === "<" ? ">" : "'", this.position + 1);
    if (end < 0) return this.fail("invalid backref number/name", start);
    const key = this.source.slice(this.position + 1, end);
    this.position = end + 1;
    return this.#reference(key, start);
  }

  #reference(key: string, offset: number): Tree {
    const groups: number[] = [];
    this.#references.push({ groups, key, offset });
    return { type: "backreference", groups, ignoreCase: this.#flags.ignoreCase };
  }
}

const isAnyLineBreak: CharSet = (code) =>
  (code >= 0x0a && code <= 0x0d) || code === 0x85 || code === 0x2028 || code === 0x2029;

function isEcmaNewline(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029;
}

function isDigits(text: string): boolean {
  return text !== "" && Array.from(text).every((char) => char >= "0" && char <= "9");
}
