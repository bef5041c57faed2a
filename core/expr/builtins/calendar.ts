/** A point in time taken apart as in C: months and days of the year from zero, Sunday is weekday zero; the second may have a fraction. */
export interface BrokenTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  readonly yearDay: number;
}

export const SECONDS_PER_DAY = 86_400;
const DAYS_BEFORE_MONTH: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** Tells whether a year of the Gregorian calendar, also before its adoption, has 366 days. */
export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** The days from 1 January 1970 to a date; month and day may lie outside their ranges. */
export function daysFromEpoch(year: number, month: number, day: number): number {
  const fullYear = year + Math.floor(month / 12);
  const inYear = ((month % 12) + 12) % 12;
  const before = fullYear - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const leapDay = inYear > 1 && isLeapYear(fullYear) ? 1 : 0;
  return 365 * (fullYear - 1970) + (leaps - 477) + (DAYS_BEFORE_MONTH[inYear] as number) + leapDay + day - 1;
}

/** The seconds since the epoch of a time in UTC, whatever the weekday and day of the year say. */
export function epochSeconds(time: BrokenTime): number {
  return (
    daysFromEpoch(time.year, time.month, time.day) * SECONDS_PER_DAY + time.hour * 3600 + time.minute * 60 + time.second
  );
}

/** A time with every part in its range and the weekday and day of the year that belong to it. */
export function normalized(time: BrokenTime): BrokenTime {
  return breakTime(epochSeconds(time));
}

/** The parts of a point in time in UTC, given in seconds since the epoch; as in C, a negative fraction belongs to the second above. */
export function breakTime(epoch: number): BrokenTime {
  const whole = Math.trunc(epoch);
  const fraction = epoch - Math.floor(epoch);
  const days = Math.floor(whole / SECONDS_PER_DAY);
  const rest = whole - days * SECONDS_PER_DAY;
  const { year, month, day, yearDay } = dateOf(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: (rest % 60) + fraction,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay,
  };
}

const DAYS_PER_ERA = 146_097;
/** From 1 March of the year zero to 1 January 1970. */
const DAYS_BEFORE_EPOCH = 719_468;
const DAYS_FROM_MARCH = 306;

/**
 * The date of a day counted from the epoch, without a loop: in years that begin in March the leap day is the last one, eras of 400 years are all alike, and
 * the months' lengths follow a line of 153 days in five months.
 */
function dateOf(days: number): Pick<BrokenTime, "year" | "month" | "day" | "yearDay"> {
  const shifted = days + DAYS_BEFORE_EPOCH;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const ofEra = shifted - era * DAYS_PER_ERA;
  const leapDays = Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leapDays) / 365);
  const fromMarch = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * fromMarch + 2) / 153);
  const day = fromMarch - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const year = era * 400 + yearOfEra;
  if (fromMarch >= DAYS_FROM_MARCH)
    return { year: year + 1, month: monthFromMarch - 10, day, yearDay: fromMarch - DAYS_FROM_MARCH };
  return { year, month: monthFromMarch + 2, day, yearDay: fromMarch + (isLeapYear(year) ? 60 : 59) };
}

/** The year and number of the ISO 8601 week a day belongs to. */
export function isoWeek({ year, yearDay, weekday }: BrokenTime): readonly [year: number, week: number] {
  const week = Math.floor((yearDay - ((weekday + 6) % 7) + 10) / 7);
  if (week < 1) return [year - 1, weeksIn(year - 1)];
  return week > weeksIn(year) ? [year + 1, 1] : [year, week];
}

function weeksIn(year: number): number {
  const firstDay = (((daysFromEpoch(year, 0, 1) + 4) % 7) + 7) % 7;
  return firstDay === 4 || (firstDay === 3 && isLeapYear(year)) ? 53 : 52;
}

export const WEEKDAYS: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
export const MONTHS: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
