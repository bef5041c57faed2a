import { ExpressionSyntaxError, type SourceSpan } from "../expression-error.ts";
import type { Token } from "./lexer.ts";

/**
 * How deep an expression may nest: deeper ones are refused, so that neither compiling nor evaluating depends on the size of the JavaScript stack.
 */
const NESTING_MAX = 200;

/** Goes through the tokens of a source: looks ahead, takes what fits, and says what is wrong where something does not; counts how deep the parser is. */
export class TokenReader {
  protected readonly source: string;
  protected depth: number;
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(source: string, tokens: readonly Token[], depth: number) {
    this.source = source;
    this.#tokens = tokens;
    this.depth = depth;
  }

  protected nested<T>(parse: () => T): T {
    if (++this.depth > NESTING_MAX) this.fail(`expression is nested more than ${NESTING_MAX} levels deep`, this.peek());
    const result = parse();
    this.depth--;
    return result;
  }

  protected peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)] as Token;
  }

  protected next(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#index++;
    return token;
  }

  protected previous(): Token {
    return this.#tokens[Math.max(this.#index - 1, 0)] as Token;
  }

  protected isOperator(token: Token, text: string): boolean {
    return token.kind === "operator" && token.text === text;
  }

  protected accept(operator: string): boolean {
    if (!this.isOperator(this.peek(), operator)) return false;
    this.#index++;
    return true;
  }

  protected acceptKeyword(keyword: string): boolean {
    const token = this.peek();
    if (token.kind !== "keyword" || token.text !== keyword) return false;
    this.#index++;
    return true;
  }

  protected expect(operator: string, opening?: Token): void {
    if (!this.accept(operator)) this.unexpected(this.peek(), `"${operator}"`, opening);
  }

  protected expectKeyword(keyword: string, opening: Token): void {
    if (!this.acceptKeyword(keyword)) this.unexpected(this.peek(), `"${keyword}"`, opening);
  }

  protected unexpected(token: Token, expected?: string, opening?: Token): never {
    const found =
      token.kind === "end"
        ? token.text === ""
          ? "end of expression"
          : `"${token.text}"`
        : `"${this.source.slice(token.offset, token.offset + token.length)}"`;
    const wanted = expected === undefined ? "" : `, expected ${expected}`;
    const origin = opening === undefined ? "" : ` to match "${opening.text}"`;
    return this.fail(`unexpected ${found}${wanted}${origin}`, token);
  }

  protected fail(message: string, span: SourceSpan, hint?: string): never {
    throw new ExpressionSyntaxError(
      message,
      { offset: span.offset, length: span.length },
      hint === undefined ? {} : { hint },
    );
  }
}
