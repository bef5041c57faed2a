import { PointCounter, isPair, unitOffset } from "./code-points.ts";
import type { RegexMatch, RegexSpan } from "./regex-error.ts";
import type { RegexBudget, RegexOptions } from "./regex-options.ts";
import { Matcher } from "./matcher.ts";
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
  /** Hands every match in turn to `take` until it answers false; after an empty match the search goes on one code point later. */
  eachMatch(text: string, take: (match: RegexMatch) => boolean, budget?: RegexBudget): void;
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
    return new Matcher(this.#program, text, budget).find(0) !== undefined;
  }

  exec(text: string, from = 0, budget: RegexBudget = { moves: REGEX_MOVES_MAX }): RegexMatch | undefined {
    const slots = new Matcher(this.#program, text, budget).find(unitOffset(text, from));
    return slots && describeMatch(text, slots, new PointCounter(text));
  }

  eachMatch(
    text: string,
    take: (match: RegexMatch) => boolean,
    budget: RegexBudget = { moves: REGEX_MOVES_MAX },
  ): void {
    const counter = new PointCounter(text);
    const matcher = new Matcher(this.#program, text, budget);
    for (let from = 0; from <= text.length;) {
      const slots = matcher.find(from);
      if (!slots || !take(describeMatch(text, slots, counter))) return;
      const [start, end] = slots as [number, number];
      from = end > start ? end : end + (isPair(text, end) ? 2 : 1);
    }
  }
}

function describeMatch(text: string, slots: readonly number[], counter: PointCounter): RegexMatch {
  const span = (slot: number): RegexSpan | undefined => {
    const [start, end] = [slots[slot] as number, slots[slot + 1] as number];
    if (start < 0 || end < 0) return undefined;
    const offset = counter.pointsAt(start);
    return { offset, length: counter.pointsAt(end) - offset, text: text.slice(start, end) };
  };
  const groups: (RegexSpan | undefined)[] = [];
  for (let slot = 2; slot < slots.length; slot += 2) groups.push(span(slot));
  const { offset, length, text: matched } = span(0) as RegexSpan;
  return { offset, length, text: matched, start: slots[0] as number, end: slots[1] as number, groups };
}
