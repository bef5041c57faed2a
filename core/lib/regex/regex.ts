import { codePointOffset, unitOffset } from "./code-points.ts";
import type { RegexMatch } from "./regex-error.ts";
import type { RegexBudget, RegexOptions } from "./regex-options.ts";
import { search } from "./matcher.ts";
import { type Program, compileProgram } from "./program.ts";
import { parseRegex } from "./parser.ts";

export { RegexLimitError, type RegexMatch, RegexSyntaxError } from "./regex-error.ts";
export type { RegexBudget, RegexFlavour, RegexOptions } from "./regex-options.ts";

/** A regular expression that cannot hang: every search counts its moves and stops with {@link RegexLimitError} when they are used up. */
export interface Regex {
  readonly source: string;
  /** The names of the capture groups by number (0 is the first group); undefined for groups without a name. */
  readonly groupNames: readonly (string | undefined)[];
  /** Tells whether the pattern matches anywhere in a text. */
  test(text: string, budget?: RegexBudget): boolean;
  /** The first match at or after a code point offset, or undefined. */
  exec(text: string, from?: number, budget?: RegexBudget): RegexMatch | undefined;
}

/** The moves of one search where the caller sets no budget: a few tens of milliseconds. */
export const REGEX_MOVES_MAX = 1_000_000;

/**
 * Compiles a pattern; throws RegexSyntaxError for one that is invalid or not supported. The engine is our own, and no JavaScript RegExp is ever made of the pattern.
 *
 * @example compileRegex("^[a-z]+$", { flavour: "ecma" }).test("abc")
 */
export function compileRegex(source: string, options: RegexOptions = {}): Regex {
  const tree = parseRegex(source, options);
  return new CompiledRegex(source, compileProgram(tree, options));
}

class CompiledRegex implements Regex {
  readonly source: string;
  readonly groupNames: readonly (string | undefined)[];
  readonly #program: Program;

  constructor(source: string, program: Program) {
    this.source = source;
    this.#program = program;
    this.groupNames = program.groupNames;
  }

  test(text: string, budget: RegexBudget = { moves: REGEX_MOVES_MAX }): boolean {
    return search(this.#program, text, 0, budget) !== undefined;
  }

  exec(text: string, from = 0, budget: RegexBudget = { moves: REGEX_MOVES_MAX }): RegexMatch | undefined {
    const slots = search(this.#program, text, unitOffset(text, from), budget);
    if (!slots) return undefined;
    const spans = [];
    for (let slot = 0; slot < slots.length; slot += 2) {
      const [start, end] = [slots[slot] as number, slots[slot + 1] as number];
      if (start < 0 || end < 0) spans.push(undefined);
      else
        spans.push({
          offset: codePointOffset(text, start),
          length: codePointOffset(text, end) - codePointOffset(text, start),
          text: text.slice(start, end),
        });
    }
    const [whole, ...groups] = spans;
    return { ...(whole as NonNullable<typeof whole>), groups };
  }
}
