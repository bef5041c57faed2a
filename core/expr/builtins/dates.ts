import { type Json, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { type Builtin, filter, operation } from "./builtin.ts";
import { type BrokenTime, breakTime, epochSeconds, normalized } from "./calendar.ts";
import { formatTime } from "./strftime.ts";
import { parseTime } from "./strptime.ts";

const ISO = "%Y-%m-%dT%H:%M:%SZ";
const INTEGER_MAX = 2 ** 31 - 1;
/** What taking a time apart or putting it together costs, and each of its parts in a text. */
const STEPS_PER_TIME = 4;
const STEPS_PER_DIRECTIVE = 2;
/** The last second that C's calendar has a year for; beyond it conversion fails as in C. */
const SECONDS_MAX = 67_768_036_191_676_000;

function gmtime(value: Json, refusal: string, machine: Machine): BrokenTime {
  if (typeof value !== "number") return raise(refusal);
  if (value !== value || Math.abs(value) > SECONDS_MAX)
    return raise("error converting number of seconds since epoch to datetime");
  machine.charge(STEPS_PER_TIME);
  return breakTime(value);
}

function toArray(time: BrokenTime): Json {
  return [time.year, time.month, time.day, time.hour, time.minute, time.second, time.weekday, time.yearDay];
}

/** A broken-down time from jq's array, whose later elements may be missing. */
function fromArray(value: Json, refusal: string): BrokenTime {
  if (!isJsonArray(value)) return raise(refusal);
  const parts = value.slice(0, 8).map((part) => {
    if (typeof part !== "number" || part !== part) return raise(refusal);
    return Math.trunc(Math.min(Math.max(part, -INTEGER_MAX - 1), INTEGER_MAX));
  });
  const [year = 1900, month = 0, day = 0, hour = 0, minute = 0, second = 0, weekday = 0, yearDay = 0] = parts;
  return { year, month, day, hour, minute, second, weekday, yearDay };
}

function mktime(value: Json): number {
  if (!isJsonArray(value)) return raise("mktime requires array inputs");
  const seconds = epochSeconds(fromArray(value, "mktime requires parsed datetime inputs"));
  return seconds === -1 ? raise("invalid gmtime representation") : seconds;
}

/** How many directives a format has, the most that a directive stands for included. */
function directives(format: string): number {
  let count = 0;
  for (let at = format.indexOf("%"); at >= 0; at = format.indexOf("%", at + 1))
    count += "cDxFrRTX+".includes(format[at + 1] ?? "") ? 7 : 1;
  return count;
}

function strftime(name: string, value: Json, format: Json, machine: Machine): string {
  const refusal = `${name}/1 requires parsed datetime inputs`;
  const time =
    typeof value === "number" ? gmtime(value, refusal, machine) : isJsonArray(value) ? value : raise(refusal);
  if (typeof format !== "string") return raise(`${name}/1 requires a string format`);
  machine.charge(STEPS_PER_TIME + STEPS_PER_DIRECTIVE * directives(format));
  machine.chargeReading(format.length);
  // A number of seconds is in order; an array may have its parts out of range.
  const text = formatTime("year" in time ? time : normalized(fromArray(time, refusal)), format);
  machine.chargeText(text.length);
  return text;
}

function strptime(value: Json, format: Json, machine: Machine): Json {
  if (typeof value !== "string" || typeof format !== "string")
    return raise("strptime/1 requires string inputs and arguments");
  machine.charge(STEPS_PER_TIME + STEPS_PER_DIRECTIVE * directives(format));
  machine.chargeReading((value.length + format.length) / 2);
  const parsed = parseTime(value, format);
  if (!parsed) return raise(`date "${value}" does not match format "${format}"`);
  const time = toArray(parsed.time) as readonly Json[];
  return parsed.rest === "" ? time : [...time, parsed.rest];
}

function fromDate(value: Json, machine: Machine): number {
  return mktime(strptime(value, ISO, machine));
}

function toDate(value: Json, machine: Machine): string {
  return strftime("strftime", value, ISO, machine);
}

/** Dates, always in UTC; the present is the one of the event that caused the evaluation. */
export const DATE_BUILTINS: readonly Builtin[] = [
  filter("now", (_value, machine) => machine.nowMs / 1000),
  filter("gmtime", (value, machine) => toArray(gmtime(value, "gmtime() requires numeric inputs", machine))),
  filter("localtime", (value, machine) => toArray(gmtime(value, "localtime() requires numeric inputs", machine))),
  filter("mktime", (value, machine) => {
    machine.charge(STEPS_PER_TIME);
    return mktime(value);
  }),
  operation("strftime", 1, (value, [format], machine) => strftime("strftime", value, format as Json, machine)),
  operation("strflocaltime", 1, (value, [format], machine) =>
    strftime("strflocaltime", value, format as Json, machine),
  ),
  operation("strptime", 1, (value, [format], machine) => strptime(value, format as Json, machine)),
  filter("fromdateiso8601", fromDate),
  filter("fromdate", fromDate),
  filter("date", toDate),
  filter("todateiso8601", toDate),
  filter("todate", toDate),
  operation("dateadd", 2, (value, [, amount]) => shifted(value, amount as Json, 1)),
  operation("datesub", 2, (value, [, amount]) => shifted(value, amount as Json, -1)),
];

/** jq's own definition ignores the unit: the amount is in seconds. */
function shifted(value: Json, amount: Json, sign: 1 | -1): number {
  if (typeof value !== "number" || typeof amount !== "number") return raise("dateadd and datesub require numbers");
  return value + sign * amount;
}
