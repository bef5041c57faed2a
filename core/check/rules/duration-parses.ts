import { parseDuration } from "../../lib/duration.ts";
import type { Rule } from "../rule.ts";

/** A duration can be read, and is not negative. */
export const durationParses: Rule = {
  code: "OW1114",
  name: "duration-parses",
  severity: "error",
  summary: "A duration that cannot be read.",
  explanation:
    "A duration is ISO 8601 text (`PT30S`, `P1DT12H`, `P1Y2M`), an object of units (`{ minutes: 5, seconds: 30 }`), or an expression in `${ }` that yields one of them. Durations are never negative. Years and months are counted by the calendar in UTC.",
  *find(context) {
    for (const { pointer, value } of context.texts("duration")) {
      if (value.includes("${")) continue;
      const { problem } = parseDuration(value);
      if (problem !== undefined)
        yield {
          pointer,
          message: `Cannot read the duration "${value.slice(0, 60)}": ${problem}`,
          hint: hintFor(value),
        };
    }
  },
};

/** `30s` and the like, as other tools write durations. */
function hintFor(text: string): string | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)\s*$/iu.exec(text);
  if (match === null) return undefined;
  const [, amount, unit] = match as unknown as [string, string, string];
  if (unit === "ms") return `write { milliseconds: ${amount} }`;
  const letter = unit.charAt(0).toUpperCase();
  return `write ${letter === "D" ? `P${amount}D` : `PT${amount}${letter}`}`;
}
