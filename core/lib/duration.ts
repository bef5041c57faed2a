import { type Json, isJsonObject } from "./json.ts";

/*
 * Durations of the specification: ISO 8601 text or an object of units. Years and months have no fixed length, so a duration stays in its units until it is added to an instant,
 * in UTC and by the calendar: one month after 31 January is the last day of February.
 */

/** A duration that passed parsing. All units are non-negative; `months` is a whole number, years included (12 each). */
export interface CalendarDuration {
  readonly months: number;
  readonly days: number;
  /** Everything below a day. */
  readonly timeMs: number;
}

/** The outcome of parsing: the duration, or what is wrong with it, as the end of a sentence. */
export type DurationParse =
  | { readonly duration: CalendarDuration; readonly problem?: undefined }
  | { readonly duration?: undefined; readonly problem: string };

/** The units of a duration object, with their length in milliseconds. */
export const inlineUnits = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000, milliseconds: 1 };

const ISO =
  /^P(?:(?<years>\d+(?:[.,]\d+)?)Y)?(?:(?<months>\d+(?:[.,]\d+)?)M)?(?:(?<weeks>\d+(?:[.,]\d+)?)W)?(?:(?<days>\d+(?:[.,]\d+)?)D)?(?<time>T(?:(?<hours>\d+(?:[.,]\d+)?)H)?(?:(?<minutes>\d+(?:[.,]\d+)?)M)?(?:(?<seconds>\d+(?:[.,]\d+)?)S)?)?$/u;

/** The longest text that is looked at; longer ones are no durations. */
const TEXT_LENGTH_MAX = 200;

/**
 * Parses ISO 8601 text (`P1Y2M3W4DT5H6M7.5S`) or an object of units (`{ minutes: 5 }`). Negative amounts are refused: no use of a duration in the specification has a meaning for them.
 * A fraction of a year becomes months and a fraction of a month 30-day fractions of days, since the calendar gives them no other meaning.
 */
export function parseDuration(value: Json): DurationParse {
  if (typeof value === "string") return parseIso(value);
  if (isJsonObject(value)) return parseInline(value);
  return { problem: "it is neither ISO 8601 text nor an object of units" };
}

/** The instant `duration` after `atMs` (epoch milliseconds), by the calendar in UTC; instants beyond the range of `Date` stop at its end. */
export function addDuration(atMs: number, duration: CalendarDuration): number {
  const moved = duration.months === 0 ? atMs : addMonths(atMs, duration.months);
  const sum = moved + duration.days * inlineUnits.days + duration.timeMs;
  return Math.min(Math.round(sum), DATE_MAX_MS);
}

/** Tells whether a duration has no length. */
export function isZeroDuration(duration: CalendarDuration): boolean {
  return duration.months === 0 && duration.days === 0 && duration.timeMs === 0;
}

const DATE_MAX_MS = 8_640_000_000_000_000;

function addMonths(atMs: number, months: number): number {
  const date = new Date(atMs);
  const total = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(total / 12);
  const month = total % 12;
  const day = Math.min(date.getUTCDate(), lastDayOfMonth(year, month));
  const timeOfDayMs = ((atMs % inlineUnits.days) + inlineUnits.days) % inlineUnits.days;
  const result = new Date(0).setUTCFullYear(year, month, day) + timeOfDayMs;
  return Number.isNaN(result) ? DATE_MAX_MS : result;
}

function lastDayOfMonth(year: number, month: number): number {
  return new Date(new Date(0).setUTCFullYear(year, month + 1, 0)).getUTCDate();
}

function parseIso(text: string): DurationParse {
  const trimmed = text.trim();
  if (/^[-+]/u.test(trimmed) || /[-]\d/u.test(trimmed))
    return { problem: "it is negative or signed, durations count forward" };
  const groups = trimmed.length > TEXT_LENGTH_MAX ? undefined : ISO.exec(trimmed)?.groups;
  if (groups === undefined) return { problem: 'it is not an ISO 8601 duration such as "PT30S" or "P1DT12H"' };
  if (trimmed === "P" || groups["time"] === "T") return { problem: "it names no unit" };
  const amount = (unit: string): number => Number((groups[unit] ?? "0").replace(",", "."));
  const months = amount("years") * 12 + amount("months");
  const whole = Math.floor(months + 1e-9);
  const days = amount("weeks") * 7 + amount("days") + Math.max(0, months - whole) * 30;
  const timeMs =
    amount("hours") * inlineUnits.hours +
    amount("minutes") * inlineUnits.minutes +
    amount("seconds") * inlineUnits.seconds;
  return bounded({ months: whole, days, timeMs });
}

function parseInline(value: { readonly [key: string]: Json }): DurationParse {
  const entries = Object.entries(value);
  if (entries.length === 0) return { problem: "it names no unit" };
  let days = 0;
  let timeMs = 0;
  for (const [unit, amount] of entries) {
    if (!Object.hasOwn(inlineUnits, unit)) return { problem: `"${unit}" is not a unit of durations` };
    if (typeof amount !== "number") return { problem: `its ${unit} are not a number` };
    if (amount < 0) return { problem: `its ${unit} are negative` };
    if (unit === "days") days += amount;
    else timeMs += amount * inlineUnits[unit as keyof typeof inlineUnits];
  }
  return bounded({ months: 0, days, timeMs });
}

function bounded(duration: CalendarDuration): DurationParse {
  const finite = Object.values(duration).every((amount: number) => amount <= DATE_MAX_MS);
  return finite ? { duration } : { problem: "it is longer than time can be counted" };
}
