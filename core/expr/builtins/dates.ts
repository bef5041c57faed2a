import { type Json, isJsonArray } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { type Builtin, filter, native, operation, withOperands } from "./builtin.ts";
import { type BrokenTime, breakTime, epochSeconds, normalized } from "./calendar.ts";
import { TimeFormat, countDirectives } from "./strftime.ts";
import { type ParsedTime, parseTime } from "./strptime.ts";

const ISO = "%Y-%m-%dT%H:%M:%SZ";
const ISO_FORMAT = new TimeFormat(ISO);
const INTEGER_MAX = 2 ** 31 - 1;
/** What taking a time apart or putting it together costs, and each of its parts in a text. */
const STEPS_PER_TIME = 4;
const STEPS_PER_DIRECTIVE = 2;
/** What taking a format apart costs, and each of its directives. */
const STEPS_PER_FORMAT = 24;
const STEPS_PER_DIRECTIVE_READ = 12;
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
  return {
    year: partOf(value, 0, 1900, refusal),
    month: partOf(value, 1, 0, refusal),
    day: partOf(value, 2, 0, refusal),
    hour: partOf(value, 3, 0, refusal),
    minute: partOf(value, 4, 0, refusal),
    second: partOf(value, 5, 0, refusal),
    weekday: partOf(value, 6, 0, refusal),
    yearDay: partOf(value, 7, 0, refusal),
  };
}

/** An element as C's `int`, or what stands for a missing one. */
function partOf(values: readonly Json[], index: number, absent: number, refusal: string): number {
  if (index >= values.length) return absent;
  const part = values[index];
  if (typeof part !== "number" || part !== part) return raise(refusal);
  return Math.trunc(Math.min(Math.max(part, -INTEGER_MAX - 1), INTEGER_MAX));
}

function mktime(value: Json): number {
  if (!isJsonArray(value)) return raise("mktime requires array inputs");
  return validEpoch(fromArray(value, "mktime requires parsed datetime inputs"));
}

/** The second before the epoch is what C's timegm says when it fails. */
function validEpoch(time: BrokenTime): number {
  const seconds = epochSeconds(time);
  return seconds === -1 ? raise("invalid gmtime representation") : seconds;
}

/** The format that one call of `strftime` used last: nearly always it is the next one too. */
class LatestFormat {
  #source = "";
  #format = new TimeFormat("");
  #evaluation = 0;

  get(source: string, machine: Machine): TimeFormat {
    machine.chargeText(source.length);
    if (source === this.#source && machine.evaluation === this.#evaluation) return this.#format;
    machine.charge(STEPS_PER_FORMAT + STEPS_PER_DIRECTIVE_READ * countDirectives(source));
    machine.chargeReading(source.length);
    if (source !== this.#source) this.#format = new TimeFormat(source);
    this.#source = source;
    this.#evaluation = machine.evaluation;
    return this.#format;
  }
}

/** A builtin that writes times by formats. */
function writing(name: string): Builtin {
  return native(name, 1, (args, { machine }) => {
    const latest = new LatestFormat();
    return withOperands(args, "last", (value, [format]) => {
      machine.charge(2);
      const time = timeOf(name, value, machine);
      if (typeof format !== "string") return raise(`${name}/1 requires a string format`);
      return written(time, latest.get(format, machine), machine);
    });
  });
}

/** The time that a number of seconds or a broken-down time is; what an array says may be out of range. */
function timeOf(name: string, value: Json, machine: Machine): BrokenTime {
  const refusal = `${name}/1 requires parsed datetime inputs`;
  return isJsonArray(value) ? normalized(fromArray(value, refusal)) : gmtime(value, refusal, machine);
}

function written(time: BrokenTime, format: TimeFormat, machine: Machine): string {
  machine.charge(STEPS_PER_TIME + STEPS_PER_DIRECTIVE * format.directives);
  const text = format.write(time);
  machine.chargeText(text.length);
  return text;
}

function parsed(value: Json, format: Json, machine: Machine): ParsedTime {
  if (typeof value !== "string" || typeof format !== "string")
    return raise("strptime/1 requires string inputs and arguments");
  machine.charge(STEPS_PER_DIRECTIVE * countDirectives(format));
  machine.chargeReading(value.length + format.length);
  return parseTime(value, format) ?? raise(`date "${value}" does not match format "${format}"`);
}

function strptime(value: Json, format: Json, machine: Machine): Json {
  const { time, rest } = parsed(value, format, machine);
  const parts = toArray(time) as readonly Json[];
  return rest === "" ? parts : [...parts, rest];
}

function fromDate(value: Json, machine: Machine): number {
  return validEpoch(parsed(value, ISO, machine).time);
}

function toDate(value: Json, machine: Machine): string {
  return written(timeOf("strftime", value, machine), ISO_FORMAT, machine);
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
  writing("strftime"),
  writing("strflocaltime"),
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
