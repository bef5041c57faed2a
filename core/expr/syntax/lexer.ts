import { ExpressionSyntaxError } from "../expression-error.ts";

/** What a token is; operators and keywords are their own kind. */
export type TokenKind =
  | "identifier"
  | "field"
  | "variable"
  | "format"
  | "number"
  | "string"
  | "keyword"
  | "operator"
  | "end";

/** A lexical unit with its place in the source. */
export interface Token {
  readonly kind: TokenKind;
  /** The name without its sigil, the operator, the keyword, or the number's text. */
  readonly text: string;
  readonly offset: number;
  readonly length: number;
  /** Of a string: literal pieces (escapes resolved) and the token lists of its interpolations, in order. */
  readonly parts?: readonly (string | readonly Token[])[];
}

const KEYWORDS: ReadonlySet<string> = new Set(
  "as def module import include if then else elif end and or reduce foreach try catch label break __loc__".split(" "),
);

const OPERATORS: readonly string[] = [
  "?//",
  "//=",
  "|=",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "==",
  "!=",
  "<=",
  ">=",
  "//",
  "..",
  ".",
  "?",
  "=",
  ";",
  ",",
  ":",
  "|",
  "+",
  "-",
  "*",
  "/",
  "%",
  "<",
  ">",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "$",
];

/** How deep strings may be interpolated in interpolations of strings. */
const INTERPOLATION_MAX = 64;

const SPACE = " \t\r\n";

/** Splits a source text into tokens, ending with one of kind "end"; throws ExpressionSyntaxError for characters that start no token. */
export function tokenize(source: string): readonly Token[] {
  return new Lexer(source).tokens(false);
}

class Lexer {
  readonly #source: string;
  #position = 0;
  #interpolations = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Tokens up to the end of the source or, inside a string interpolation, up to the closing parenthesis. */
  tokens(inInterpolation: boolean): readonly Token[] {
    const tokens: Token[] = [];
    const open: string[] = [];
    const start = this.#position;
    for (;;) {
      this.#skipSpace();
      if (this.#position >= this.#source.length) {
        if (inInterpolation) this.#fail(`string interpolation is not closed, a ")" should follow`, start - 2, 2);
        tokens.push({ kind: "end", text: "", offset: this.#source.length, length: 0 });
        return tokens;
      }
      const char = this.#source[this.#position] as string;
      if (inInterpolation && char === ")" && open.length === 0) {
        tokens.push({ kind: "end", text: ")", offset: this.#position, length: 1 });
        this.#position++;
        return tokens;
      }
      if (char === "(" || char === "[" || char === "{") open.push(char);
      else if (char === ")" || char === "]" || char === "}") open.pop();
      tokens.push(this.#token(char));
    }
  }

  #skipSpace(): void {
    for (;;) {
      const char = this.#source[this.#position];
      if (char === undefined) return;
      if (SPACE.includes(char)) this.#position++;
      else if (char === "#") this.#skipComment();
      else return;
    }
  }

  /** A comment ends with its line, unless an odd number of backslashes stands before the line break. */
  #skipComment(): void {
    while (this.#position < this.#source.length) {
      const char = this.#source[this.#position];
      if (char === "\n" || (char === "\r" && this.#source[this.#position + 1] === "\n")) return;
      if (char === "\\") {
        if (this.#source.startsWith("\r\n", this.#position + 1)) this.#position += 2;
        else if ("\\\n".includes(this.#source[this.#position + 1] ?? " ")) this.#position++;
      }
      this.#position++;
    }
  }

  #token(char: string): Token {
    const start = this.#position;
    if (char === '"') return this.#string();
    if (isDigit(char) || (char === "." && isDigit(this.#source[start + 1]))) return this.#number();
    if (isNameStart(char)) {
      const text = this.#name(start, true);
      return this.#take(KEYWORDS.has(text) && text !== "__loc__" ? "keyword" : "identifier", text, start);
    }
    const next = this.#source[start + 1];
    if (char === "." && isNameStart(next)) return this.#take("field", this.#name(start + 1, false), start, 1);
    if (char === "$" && isNameStart(next)) return this.#take("variable", this.#name(start + 1, true), start, 1);
    if (char === "@" && isNameChar(next)) return this.#take("format", this.#name(start + 1, false), start, 1);
    for (const operator of OPERATORS) {
      if (this.#source.startsWith(operator, start)) return this.#take("operator", operator, start);
    }
    return this.#fail(
      `unexpected character ${JSON.stringify(String.fromCodePoint(this.#source.codePointAt(start) as number))}`,
      start,
      1,
      quoteHint(char),
    );
  }

  #take(kind: TokenKind, text: string, start: number, sigil = 0): Token {
    this.#position = start + sigil + text.length;
    return { kind, text, offset: start, length: this.#position - start };
  }

  #name(start: number, qualified: boolean): string {
    let end = start;
    for (;;) {
      while (isNameChar(this.#source[end])) end++;
      if (!qualified || !this.#source.startsWith("::", end) || !isNameStart(this.#source[end + 2]))
        return this.#source.slice(start, end);
      end += 2;
    }
  }

  #number(): Token {
    const start = this.#position;
    let end = start;
    while (isDigit(this.#source[end])) end++;
    if (this.#source[end] === ".") {
      end++;
      while (isDigit(this.#source[end])) end++;
    }
    if (this.#source[end] === "e" || this.#source[end] === "E") {
      const sign = this.#source[end + 1] === "+" || this.#source[end + 1] === "-" ? 1 : 0;
      if (isDigit(this.#source[end + 1 + sign])) {
        end += 1 + sign;
        while (isDigit(this.#source[end])) end++;
      }
    }
    return this.#take("number", this.#source.slice(start, end), start);
  }

  #string(): Token {
    const start = this.#position;
    const parts: (string | readonly Token[])[] = [];
    let text = "";
    this.#position++;
    for (;;) {
      const char = this.#source[this.#position];
      if (char === undefined) return this.#fail(`string is not closed, a '"' should follow`, start, 1);
      if (char === '"') {
        this.#position++;
        if (text !== "" || parts.length === 0) parts.push(text);
        return {
          kind: "string",
          text: this.#source.slice(start, this.#position),
          offset: start,
          length: this.#position - start,
          parts,
        };
      }
      if (char !== "\\") {
        text += char;
        this.#position++;
      } else if (this.#source[this.#position + 1] === "(") {
        if (text !== "") parts.push(text);
        text = "";
        if (++this.#interpolations > INTERPOLATION_MAX)
          this.#fail("strings are interpolated too deeply", this.#position, 2);
        this.#position += 2;
        parts.push(this.tokens(true));
        this.#interpolations--;
      } else {
        text += this.#escape();
      }
    }
  }

  #escape(): string {
    const start = this.#position;
    const char = this.#source[start + 1] ?? "";
    const simple = ESCAPES.indexOf(char);
    if (char !== "" && simple >= 0) {
      this.#position += 2;
      return ESCAPED[simple] as string;
    }
    if (char !== "u")
      return this.#fail(
        `invalid escape "\\${char}" in string`,
        start,
        2,
        `write "\\\\${char}" for a backslash followed by "${char}"`,
      );
    const unit = this.#hexUnit();
    if (unit >= 0xd800 && unit <= 0xdbff) {
      if (this.#source.startsWith("\\u", this.#position)) {
        const low = this.#hexUnit();
        if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(unit, low);
      }
      return this.#fail("invalid \\uXXXX\\uXXXX surrogate pair escape", start, this.#position - start);
    }
    return unit >= 0xdc00 && unit <= 0xdfff ? "\ufffd" : String.fromCharCode(unit);
  }

  #hexUnit(): number {
    const digits = this.#source.slice(this.#position + 2, this.#position + 6);
    if (digits.length !== 4 || !Array.from(digits).every(isHexDigit))
      this.#fail("invalid \\uXXXX escape, four hexadecimal digits should follow", this.#position, 2);
    this.#position += 6;
    return Number.parseInt(digits, 16);
  }

  #fail(message: string, offset: number, length: number, hint?: string): never {
    throw new ExpressionSyntaxError(message, { offset, length }, hint === undefined ? {} : { hint });
  }
}

const ESCAPES = '"\\/bfnrt';
const ESCAPED: readonly string[] = ['"', "\\", "/", "\b", "\f", "\n", "\r", "\t"];

function quoteHint(char: string): string | undefined {
  if (char === "'") return `strings are written in double quotes: "text"`;
  if (char === "&") return `logical "and" is the word: and`;
  if (char === "!") return `logical negation is a filter: (…) | not`;
  return undefined;
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= "0" && char <= "9";
}

function isHexDigit(char: string): boolean {
  return isDigit(char) || (char >= "a" && char <= "f") || (char >= "A" && char <= "F");
}

function isNameStart(char: string | undefined): boolean {
  return char !== undefined && ((char >= "a" && char <= "z") || (char >= "A" && char <= "Z") || char === "_");
}

function isNameChar(char: string | undefined): boolean {
  return isNameStart(char) || isDigit(char);
}
