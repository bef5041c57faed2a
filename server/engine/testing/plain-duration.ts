import type { Duration } from "@stigmer/core/dsl/model.ts";

/** Milliseconds of a duration given in units, as generated documents write it. */
export function parseDuration(duration: Duration): number {
  if (typeof duration === "string")
    throw new Error(`Cannot read duration "${duration}": it is text, it should be given in units`);
  const { days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 } = duration;
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds;
}
