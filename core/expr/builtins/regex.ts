import { type Json, isJsonArray } from "../../lib/json.ts";
import {
  type Regex,
  type RegexMatch,
  RegexLimitError,
  type RegexOptions,
  RegexSyntaxError,
  compileRegex,
} from "../../lib/regex/regex.ts";
import { Code, type Each, type Env, GO_ON, STOP, type Signal, heightOver } from "../compile/code.ts";
import type { CompileContext } from "../compile/context.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { kindOf } from "../value/kind.ts";
import { type Builtin, native } from "./builtin.ts";

/** How many compiled patterns an expression keeps: enough for all it writes down, few enough for those it makes up. */
const PATTERNS_MAX = 32;
/** Patterns up to this long are compared with the latest one for nothing. */
const SHORT_PATTERN = 64;

interface Pattern {
  readonly regex: Regex;
  readonly isGlobal: boolean;
}

/**
 * The patterns of one builtin call in one expression, compiled at their first use. Each evaluation pays for its patterns as if it were the first, so that what
 * earlier ones left here does not decide where it ends.
 */
class PatternCache {
  readonly #patterns = new Map<string, Pattern>();
  /** What this evaluation has paid for: never more than there is in `#patterns`. */
  readonly #paid = new Set<string>();
  #evaluation = 0;
  /** The pattern used last: nearly always it is the next one too. */
  #latest: { readonly source: string; readonly flags: Json; readonly pattern: Pattern } | undefined;

  get(source: Json, flags: Json, machine: Machine): Pattern {
    if (typeof source !== "string")
      return raise(`${describe(source, machine)} cannot be matched, as it is not a string`);
    if (flags !== null && typeof flags !== "string") return raise(`${describe(flags, machine)} is not a string`);
    if (machine.evaluation !== this.#evaluation) this.#begin(machine);
    if (source.length > SHORT_PATTERN) machine.chargeText(source.length);
    if (this.#latest && this.#latest.source === source && this.#latest.flags === flags) return this.#latest.pattern;
    const key = `${flags ?? ""}/${source}`;
    machine.chargeText(key.length);
    const isPaid = this.#paid.has(key);
    if (!isPaid) machine.charge(STEPS_PER_PATTERN + STEPS_PER_PATTERN_CHARACTER * source.length);
    const pattern = this.#patterns.get(key) ?? compilePattern(source, flags ?? "");
    if (!isPaid) this.#add(key, pattern);
    this.#latest = { source, flags, pattern };
    return pattern;
  }

  #begin({ evaluation }: Machine): void {
    this.#evaluation = evaluation;
    this.#latest = undefined;
    this.#paid.clear();
    if (this.#patterns.size > PATTERNS_MAX) this.#patterns.clear();
  }

  #add(key: string, pattern: Pattern): void {
    if (this.#paid.size >= PATTERNS_MAX) {
      this.#paid.clear();
      this.#patterns.clear();
    }
    this.#paid.add(key);
    this.#patterns.set(key, pattern);
  }
}

function compilePattern(source: string, flags: string): Pattern {
  let isGlobal = false;
  let options: RegexOptions = {};
  for (const flag of flags) {
    switch (flag) {
      case "g":
        isGlobal = true;
        break;
      case "i":
        options = { ...options, ignoreCase: true };
        break;
      case "x":
        options = { ...options, extended: true };
        break;
      case "m":
      case "p":
        options = { ...options, dotAll: true };
        break;
      case "s":
        // Single line mode is what Perl's syntax has anyway.
        break;
      case "l":
        options = { ...options, longest: true };
        break;
      case "n":
        options = { ...options, notEmpty: true };
        break;
      default:
        return raise(`${flags} is not a valid modifier string`);
    }
  }
  try {
    return { regex: compileRegex(source, options), isGlobal };
  } catch (error) {
    if (error instanceof RegexSyntaxError) return raise(`Regex failure: ${error.message}`);
    throw error;
  }
}

/** How many steps a move of the matcher, a match and each of its groups cost. */
const STEPS_PER_MOVE = 2;
const STEPS_PER_MATCH = 16;
const STEPS_PER_GROUP = 6;
/** What starting a search costs, and compiling a pattern, with each of its characters. */
const STEPS_PER_SEARCH = 10;
const STEPS_PER_PATTERN = 200;
const STEPS_PER_PATTERN_CHARACTER = 8;

/** Hands on the matches of a pattern, one or all of them; the moves are paid from the evaluation's steps. */
function eachMatch(
  value: Json,
  source: Json,
  flags: Json,
  patterns: PatternCache,
  machine: Machine,
  take: (match: RegexMatch, regex: Regex) => Signal,
): Signal {
  if (typeof value !== "string") return raise(`${describe(value, machine)} cannot be matched, as it is not a string`);
  if (typeof source !== "string") return raise(`${describe(source, machine)} is not a string`);
  const { regex, isGlobal } = patterns.get(source, flags, machine);
  machine.charge(STEPS_PER_SEARCH);
  machine.chargeText(value.length);
  // The searches draw on the steps that are left; what runs between two of them uses steps too.
  const budget = { moves: machine.steps / STEPS_PER_MOVE };
  const settle = (): void => {
    machine.steps = Math.min(machine.steps, budget.moves * STEPS_PER_MOVE);
  };
  let signal: Signal = GO_ON;
  try {
    regex.eachMatch(
      value,
      (match) => {
        settle();
        machine.charge(STEPS_PER_MATCH + STEPS_PER_GROUP * match.groups.length);
        signal = take(match, regex);
        budget.moves = machine.steps / STEPS_PER_MOVE;
        return signal !== STOP && isGlobal;
      },
      budget,
    );
  } catch (error) {
    if (error instanceof RegexLimitError) return machine.exceeded("regex");
    throw error;
  }
  settle();
  return signal;
}

function matchObject(match: RegexMatch, regex: Regex): Json {
  const captures = match.groups.map((group, index) => ({
    offset: group ? group.offset : -1,
    length: group ? group.length : 0,
    string: group ? group.text : null,
    name: regex.groupNames[index] ?? null,
  }));
  return { offset: match.offset, length: match.length, string: match.text, captures };
}

/** The named captures as an object. */
function captureObject(match: RegexMatch, regex: Regex): Json {
  const entries: [string, Json][] = [];
  regex.groupNames.forEach((name, index) => {
    if (name !== undefined) entries.push([name, match.groups[index]?.text ?? null]);
  });
  return Object.fromEntries(entries);
}

/** A pattern as `match("re")`, `match(["re", "flags"])` or `match("re"; "flags")` give it. */
function splitPattern(pattern: Json): readonly [source: Json, flags: Json] {
  if (typeof pattern === "string") return [pattern, null];
  if (isJsonArray(pattern) && pattern.length > 0) return [pattern[0] as Json, pattern[1] ?? null];
  return raise(`${kindOf(pattern)} not a string or array`);
}

type Search = (value: Json, source: Json, flags: Json, sink: (output: Json) => Signal) => Signal;

/** A builtin over the matches of a pattern, in its forms with one and two arguments. */
function searching(name: string, make: (patterns: PatternCache, machine: Machine) => Search): readonly Builtin[] {
  const compile = (args: readonly Code[], { machine }: CompileContext): Code => {
    const search = make(new PatternCache(), machine);
    const [pattern, modifiers] = args as readonly [Code, Code | undefined];
    const each: Each = modifiers
      ? (value, env, sink) =>
          modifiers.each(value, env, (flags) =>
            pattern.each(value, env, (source) => search(value, source, flags, sink)),
          )
      : (value, env, sink) => pattern.each(value, env, (given) => search(value, ...splitPattern(given), sink));
    return new Code({ each, height: heightOver(8, ...args) });
  };
  return [native(name, 1, compile), native(name, 2, compile)];
}

/** `test` gives one output for each pattern: in the commonest case it is known to be one. */
function testing(): readonly Builtin[] {
  const compile = (args: readonly Code[], { machine }: CompileContext): Code => {
    const patterns = new PatternCache();
    const [pattern, modifiers] = args as readonly [Code, Code | undefined];
    const test = (value: Json, source: Json, flags: Json): boolean => {
      let isFound = false;
      eachMatch(value, source, flags, patterns, machine, () => {
        isFound = true;
        return STOP;
      });
      return isFound;
    };
    const [readPattern, readFlags] = [pattern.one, modifiers?.one];
    if (readPattern && (readFlags || !modifiers)) {
      const one = (value: Json, env: Env): Json | undefined => {
        const flags = readFlags ? readFlags(value, env) : null;
        const source = flags === undefined ? undefined : readPattern(value, env);
        if (source === undefined) return undefined;
        return modifiers ? test(value, source, flags as Json) : test(value, ...splitPattern(source));
      };
      return new Code({
        one,
        each: (value, env, sink) => {
          const output = one(value, env);
          return output === undefined ? GO_ON : sink(output);
        },
        height: heightOver(8, ...args),
      });
    }
    const each: Each = modifiers
      ? (value, env, sink) =>
          modifiers.each(value, env, (flags) => pattern.each(value, env, (source) => sink(test(value, source, flags))))
      : (value, env, sink) => pattern.each(value, env, (given) => sink(test(value, ...splitPattern(given))));
    return new Code({ each, height: heightOver(8, ...args) });
  };
  return [native("test", 1, compile), native("test", 2, compile)];
}

/** Adds "g" to given flags; what is no text fails as it would in `"g" + flags`. */
function globally(flags: Json, machine: Machine): Json {
  if (flags === null) return "g";
  return typeof flags === "string"
    ? `g${flags}`
    : raise(`${describe("g", machine)} and ${describe(flags, machine)} cannot be added`);
}

function matching(patterns: PatternCache, machine: Machine): Search {
  return (value, source, flags, sink) =>
    eachMatch(value, source, flags, patterns, machine, (match, regex) => sink(matchObject(match, regex)));
}

function capturing(patterns: PatternCache, machine: Machine): Search {
  return (value, source, flags, sink) =>
    eachMatch(value, source, flags, patterns, machine, (match, regex) => sink(captureObject(match, regex)));
}

/** `scan`: every match as its text or, with groups, as the list of their texts. */
function scanning(patterns: PatternCache, machine: Machine): Search {
  return (value, source, flags, sink) =>
    eachMatch(value, source, globally(flags, machine), patterns, machine, (match) =>
      sink(match.groups.length > 0 ? match.groups.map((group) => group?.text ?? null) : match.text),
    );
}

/** `splits`: what lies between the matches. */
function splitting(patterns: PatternCache, machine: Machine): Search {
  return (value, source, flags, sink) => {
    let from = 0;
    const signal = eachMatch(value, source, globally(flags, machine), patterns, machine, (match) => {
      const piece = (value as string).slice(from, match.start);
      from = match.end;
      return sink(piece);
    });
    return signal === STOP ? STOP : sink((value as string).slice(from));
  };
}

/** `split(pattern; flags)`: the pieces as an array. */
function splitAll(args: readonly Code[], { machine }: CompileContext): Code {
  const patterns = new PatternCache();
  const split = splitting(patterns, machine);
  const [pattern, modifiers] = args as readonly [Code, Code];
  const each: Each = (value, env, sink) => {
    const pieces: Json[] = [];
    const signal = pattern.each(value, env, (source) =>
      modifiers.each(value, env, (flags) =>
        split(value, source, flags, (piece) => {
          pieces.push(piece);
          return GO_ON;
        }),
      ),
    );
    return signal === STOP ? STOP : sink(pieces);
  };
  return new Code({ each, height: heightOver(8, ...args) });
}

/** `sub` and `gsub`: every output of the replacement makes a result of its own; the n-th outputs for all matches belong together. */
function substitute(args: readonly Code[], isGlobal: boolean, { machine }: CompileContext): Code {
  const patterns = new PatternCache();
  const [pattern, replacement, modifiers] = args as readonly [Code, Code, Code | undefined];
  const edit = (value: Json, env: Env, source: Json, flags: Json, sink: (output: Json) => Signal): Signal => {
    const results: string[] = [];
    let previous = 0;
    const signal = eachMatch(
      value,
      source,
      isGlobal ? globally(flags, machine) : flags,
      patterns,
      machine,
      (match, regex) => {
        const gap = (value as string).slice(previous, match.start);
        previous = match.end;
        let position = 0;
        return replacement.each(captureObject(match, regex), env, (output) => {
          if (typeof output !== "string")
            return raise(`${describe(gap, machine)} and ${describe(output, machine)} cannot be added`);
          const text = (results[position] ?? "") + gap + output;
          machine.chargePiece(gap.length + output.length, text.length);
          results[position++] = text;
          return GO_ON;
        });
      },
    );
    if (signal === STOP) return STOP;
    if (results.length === 0) return sink(value);
    const rest = (value as string).slice(previous);
    for (const result of results) {
      machine.chargeText(result.length + rest.length);
      if (sink(result + rest) === STOP) return STOP;
    }
    return GO_ON;
  };
  const each: Each = modifiers
    ? (value, env, sink) =>
        pattern.each(value, env, (source) =>
          modifiers.each(value, env, (flags) => edit(value, env, source, flags, sink)),
        )
    : (value, env, sink) => pattern.each(value, env, (source) => edit(value, env, source, null, sink));
  return new Code({ each, height: heightOver(10, ...args) });
}

/** Regular expressions: Oniguruma's syntax, in an engine of our own that cannot hang. */
export const REGEX_BUILTINS: readonly Builtin[] = [
  ...testing(),
  ...searching("match", matching),
  ...searching("capture", capturing),
  ...searching("scan", scanning),
  ...searching("splits", splitting),
  native("split", 2, splitAll),
  native("sub", 2, (args, context) => substitute(args, false, context)),
  native("sub", 3, (args, context) => substitute(args, false, context)),
  native("gsub", 2, (args, context) => substitute(args, true, context)),
  native("gsub", 3, (args, context) => substitute(args, true, context)),
];
