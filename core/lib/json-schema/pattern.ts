/** A compiled `pattern`: tells whether it is found anywhere in a text. */
export interface Pattern {
  test(text: string): boolean;
}

/** Compiles the regular expression of a schema; throws with the reason where it is none. */
export function compilePattern(source: string): Pattern {
  return new RegExp(source, "u");
}

/** Why a text is no regular expression; undefined where it is one. */
export function patternProblem(source: string): string | undefined {
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "it is no regular expression";
  }
}
