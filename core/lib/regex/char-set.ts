/** Tells whether a code point belongs to a set of characters. */
export type CharSet = (code: number) => boolean;

/** Code points from one to another, both included. */
export function rangeSet(from: number, to: number): CharSet {
  return from === to ? (code) => code === from : (code) => code >= from && code <= to;
}

/** What belongs to any of several sets. */
export function unionSet(sets: readonly CharSet[]): CharSet {
  const [only] = sets;
  if (only && sets.length === 1) return remembered(only);
  return remembered((code) => sets.some((set) => set(code)));
}

/** What does not belong to a set. */
export function negatedSet(set: CharSet): CharSet {
  return (code) => !set(code);
}

/** A set that letters of either case belong to when one does. */
export function foldedSet(set: CharSet): CharSet {
  return remembered((code) => set(code) || set(otherCase(code, "lower")) || set(otherCase(code, "upper")));
}

/** The code point of the other case, or the same where the case mapping is no single code point. */
function otherCase(code: number, to: "lower" | "upper"): number {
  const char = String.fromCodePoint(code);
  const mapped = to === "lower" ? char.toLowerCase() : char.toUpperCase();
  const point = mapped.codePointAt(0) as number;
  return mapped.length === (point > 0xffff ? 2 : 1) ? point : code;
}

/** Lower case where that is a single code point: equal for two letters that differ in case only. */
export function foldCase(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 32 : code;
  return otherCase(otherCase(code, "upper"), "lower");
}

/** Answers for ASCII are kept, because they are asked for over and over. */
function remembered(set: CharSet): CharSet {
  const known = new Int8Array(128);
  return (code) => {
    if (code >= 128) return set(code);
    if (known[code] === 0) known[code] = set(code) ? 1 : -1;
    return known[code] === 1;
  };
}

/** A set by a constant pattern of this file or a property name, never by a user's pattern. */
function patternSet(pattern: RegExp): CharSet {
  return remembered((code) => pattern.test(String.fromCodePoint(code)));
}

export const isNewline: CharSet = (code) => code === 0x0a;

const ASCII_WORD = /[0-9A-Za-z_]/u;

/** The sets that a backslash and a letter name. */
export function classSet(letter: string, isUnicode: boolean): CharSet | undefined {
  switch (letter) {
    case "d":
      return isUnicode ? patternSet(/\p{Nd}/u) : rangeSet(0x30, 0x39);
    case "w":
      return patternSet(isUnicode ? /[\p{L}\p{M}\p{N}\p{Pc}]/u : ASCII_WORD);
    case "s":
      return isUnicode ? patternSet(/[\p{White_Space}]/u) : patternSet(/\s/u);
    case "h":
      return isUnicode ? patternSet(/[0-9A-Fa-f]/u) : undefined;
    default:
      return undefined;
  }
}

/** The sets that POSIX brackets name (`[:alpha:]`), which Oniguruma also knows as properties. */
export function posixSet(name: string): CharSet | undefined {
  switch (name.toLowerCase()) {
    case "alnum":
      return patternSet(/[\p{L}\p{M}\p{Nd}]/u);
    case "alpha":
      return patternSet(/\p{Alphabetic}/u);
    case "ascii":
      return rangeSet(0, 0x7f);
    case "blank":
      return patternSet(/[\p{Zs}\t]/u);
    case "cntrl":
      return patternSet(/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}]/u);
    case "digit":
      return patternSet(/\p{Nd}/u);
    case "graph":
      return patternSet(/[^\p{White_Space}\p{Cc}\p{Cn}\p{Cs}]/u);
    case "lower":
      return patternSet(/\p{Lowercase}/u);
    case "print":
      return patternSet(/[^\p{Cc}\p{Cn}\p{Cs}]/u);
    case "punct":
      return patternSet(/[\p{P}$+<=>^`|~]/u);
    case "space":
      return patternSet(/\p{White_Space}/u);
    case "upper":
      return patternSet(/\p{Uppercase}/u);
    case "xdigit":
      return patternSet(/[0-9A-Fa-f]/u);
    case "word":
      return patternSet(/[\p{L}\p{M}\p{N}\p{Pc}]/u);
    default:
      return undefined;
  }
}

/** The set of a Unicode property: a category, a binary property or a script; names are those of Unicode, case and underscores aside. */
export function propertySet(name: string): CharSet | undefined {
  if (name.toLowerCase() === "any") return () => true;
  const spellings = [name, titleCase(name)];
  for (const spelling of spellings) {
    for (const candidate of [spelling, `Script=${spelling}`]) {
      const pattern = propertyPattern(candidate);
      if (pattern) return patternSet(pattern);
    }
  }
  return posixSet(name);
}

function propertyPattern(name: string): RegExp | undefined {
  if (!/^[A-Za-z_]+(?:=[A-Za-z_]+)?$/u.test(name)) return undefined;
  try {
    return new RegExp(`\\p{${name}}`, "u");
  } catch {
    return undefined;
  }
}

/** `uppercase_letter` and `UPPERCASE LETTER` are written Uppercase_Letter in Unicode. */
function titleCase(name: string): string {
  return name
    .split(/[\s_-]+/u)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join("_");
}
