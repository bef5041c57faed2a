import { addDuration, parseDuration } from "@stigmer/core/lib/duration.ts";
import { type Json, isJsonArray, isJsonObject, jsonEquals } from "@stigmer/core/lib/json.ts";
import type { ConformanceCase, Expectation } from "./case.ts";
import type { Observation } from "./host.ts";

/** A duration of a table in milliseconds. */
export function durationMs(text: string): number {
  const { duration, problem } = parseDuration(text);
  if (duration === undefined) throw new Error(`Cannot read duration "${text}": ${problem}`);
  return addDuration(0, duration);
}

/** In which ways what was seen differs from what a case wants; none when the case holds. */
export function differences({ want }: ConformanceCase, seen: Observation): readonly string[] {
  if (want.invalid !== undefined) return invalidDifferences(want.invalid, seen);
  if (seen.errors.length > 0) return [`refused at apply: ${seen.errors.join("; ")}`];
  return [
    ...compare("status", expectedStatus(want), seen.status, equal),
    ...compare("fault", want.fault, seen.fault ?? {}, contains),
    ...compare("output", want.output, seen.output, equal),
    ...compare("context", want.context, seen.context, equal),
    ...compare(
      "path",
      want.path,
      seen.trace?.filter(({ moment }) => moment === "started").map(({ task }) => task),
      equal,
    ),
    ...compare(
      "moments",
      want.moments,
      seen.trace?.map(({ task, moment }) => `${task} ${moment}`),
      inOrder,
    ),
    ...compare("calls", want.calls, seen.calls as Json | undefined, eachContains),
    ...compare("published", want.published, seen.published as Json | undefined, eachContains),
    ...compare("lifecycle", want.lifecycle as Json | undefined, seen.lifecycle as Json | undefined, lifecycleHas),
    ...compare("elapsed", want.elapsed === undefined ? undefined : durationMs(want.elapsed), seen.elapsedMs, equal),
    ...compare("waiting", want.waiting, seen.waiting, textsContain),
    ...compare("refused", want.refused, seen.refused, textsContain),
    ...compare("warning", want.warning, seen.warnings, (part, texts) =>
      (texts as readonly string[]).some((text) => text.includes(String(part))),
    ),
  ];
}

/** A case that says how it ends says it by what it wants of the end. */
function expectedStatus(want: Expectation): string | undefined {
  return want.status ?? (want.output !== undefined ? "completed" : want.fault !== undefined ? "faulted" : undefined);
}

function invalidDifferences(part: string, seen: Observation): readonly string[] {
  if (seen.errors.some((error) => error.includes(part))) return [];
  return [
    `should be refused at apply with "${part}", was ${seen.errors.length === 0 ? "accepted" : `refused with ${seen.errors.join("; ")}`}`,
  ];
}

function compare(
  what: string,
  want: Json | undefined,
  seen: Json | undefined,
  holds: (want: Json, seen: Json) => boolean,
): readonly string[] {
  if (want === undefined || (seen !== undefined && holds(want, seen))) return [];
  return [`${what}: wanted ${JSON.stringify(want)}, saw ${JSON.stringify(seen) ?? "nothing"}`];
}

const equal = jsonEquals;

/** Whether an object is part of another, at any depth; arrays must have the same length, and `{}` matches any object. */
function contains(want: Json, seen: Json): boolean {
  if (isJsonArray(want))
    return (
      isJsonArray(seen) &&
      want.length === seen.length &&
      want.every((item, index) => contains(item, seen[index] as Json))
    );
  if (!isJsonObject(want)) return jsonEquals(want, seen);
  return (
    isJsonObject(seen) &&
    Object.entries(want).every(([key, item]) => Object.hasOwn(seen, key) && contains(item, seen[key] as Json))
  );
}

function eachContains(want: Json, seen: Json): boolean {
  return contains(want, seen);
}

function inOrder(want: Json, seen: Json): boolean {
  let at = 0;
  for (const item of seen as readonly Json[])
    if (at < (want as readonly Json[]).length && jsonEquals(item, (want as readonly Json[])[at] as Json)) at += 1;
  return at === (want as readonly Json[]).length;
}

function lifecycleHas(want: Json, seen: Json): boolean {
  const events = seen as readonly { readonly [key: string]: Json }[];
  let at = 0;
  for (const item of want as readonly Json[]) {
    const found = events.findIndex(
      (event, index) =>
        index >= at &&
        (typeof item === "string" ? event["type"] === `io.serverlessworkflow.${item}.v1` : contains(item, event)),
    );
    if (found < 0) return false;
    at = found + 1;
  }
  return true;
}

function textsContain(want: Json, seen: Json): boolean {
  const parts = want as readonly string[];
  const texts = seen as readonly string[];
  return parts.length === texts.length && parts.every((part, index) => texts[index]?.includes(part) === true);
}
