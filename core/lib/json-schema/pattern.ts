import { RegexLimitError, RegexSyntaxError, compileRegex } from "../regex/regex.ts";
import { SchemaLimitError } from "./evaluation.ts";

/** A compiled `pattern`: tells whether it is found anywhere in a text; throws SchemaLimitError where looking would take too long. */
export interface Pattern {
  test(text: string): boolean;
}

/** Compiles the regular expression of a schema (ECMA-262), for an engine that cannot hang; throws RegexSyntaxError where it is none. */
export function compilePattern(source: string): Pattern {
  const regex = compileRegex(source, { flavour: "ecma" });
  return {
    test: (text) => {
      try {
        return regex.test(text);
      } catch (error) {
        if (error instanceof RegexLimitError)
          throw new SchemaLimitError(`the pattern ${source} takes too long on this text`);
        throw error;
      }
    },
  };
}

/** Why a text is no regular expression; undefined where it is one. */
export function patternProblem(source: string): string | undefined {
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message;
    throw error;
  }
}
