import type { CronExpression } from "./parse-cron.ts";
import { offsetChangeMs, zoneOffsetMs } from "./time-zone.ts";

const DAY_MS = 86_400_000;

/** A 29 February on a given weekday comes at least this often, also around a century without a leap day. */
const YEARS_AHEAD_MAX = 60;

/**
 * The first tick strictly after `afterMs` (epoch milliseconds); undefined where there never is one, as for 30 February.
 * Over a change of clocks, a schedule for every hour follows elapsed time; one for fixed hours ticks once for a time that comes twice, and right after the gap for a time that is skipped.
 */
export function nextCronTick(cron: CronExpression, afterMs: number): number | undefined {
  return cron.everyHour ? nextByElapsedTime(cron, afterMs) : nextByWallClock(cron, afterMs);
}

function nextByElapsedTime(cron: CronExpression, afterMs: number): number | undefined {
  let fromMs = afterMs;
  // Each round either answers or moves to the next change of offset; a zone has a handful of them a year.
  for (let round = 0; round < YEARS_AHEAD_MAX * 8; round++) {
    const offsetMs = zoneOffsetMs(cron.timeZone, fromMs);
    const wallMs = nextWallTime(cron, fromMs + offsetMs);
    if (wallMs === undefined) return undefined;
    const tickMs = wallMs - offsetMs;
    if (zoneOffsetMs(cron.timeZone, tickMs) === offsetMs && !changesBetween(cron.timeZone, fromMs, tickMs))
      return tickMs;
    const changeMs = firstChangeMs(cron.timeZone, fromMs, tickMs);
    const wallAtChangeMs = changeMs + zoneOffsetMs(cron.timeZone, changeMs);
    if (matchesWallTime(cron, wallAtChangeMs)) return changeMs;
    fromMs = changeMs;
  }
  return undefined;
}

function nextByWallClock(cron: CronExpression, afterMs: number): number | undefined {
  let wallMs = nextWallTime(cron, afterMs + zoneOffsetMs(cron.timeZone, afterMs));
  while (wallMs !== undefined) {
    const tickMs = firstInstantOf(cron.timeZone, wallMs);
    if (tickMs > afterMs) return tickMs;
    wallMs = nextWallTime(cron, wallMs);
  }
  return undefined;
}

/** The first instant at which the zone's clock shows `wallMs`, or the end of the gap that skips it. */
function firstInstantOf(timeZone: string, wallMs: number): number {
  const earlierMs = zoneOffsetMs(timeZone, wallMs - DAY_MS);
  const laterMs = zoneOffsetMs(timeZone, wallMs + DAY_MS);
  const instants = [wallMs - Math.max(earlierMs, laterMs), wallMs - Math.min(earlierMs, laterMs)];
  const shown = instants.find((instant) => instant + zoneOffsetMs(timeZone, instant) === wallMs);
  return shown ?? offsetChangeMs(timeZone, wallMs - DAY_MS, wallMs + DAY_MS);
}

/** Offsets come and go (summer time), so equal ends do not prove that nothing changed between; looking every 30 days does. */
const STEP_MS = 30 * DAY_MS;

function changesBetween(timeZone: string, fromMs: number, toMs: number): boolean {
  if (timeZone === "UTC") return false;
  const offsetMs = zoneOffsetMs(timeZone, fromMs);
  for (let atMs = fromMs + STEP_MS; atMs < toMs; atMs += STEP_MS) {
    if (zoneOffsetMs(timeZone, atMs) !== offsetMs) return true;
  }
  return zoneOffsetMs(timeZone, toMs) !== offsetMs;
}

function firstChangeMs(timeZone: string, fromMs: number, toMs: number): number {
  const offsetMs = zoneOffsetMs(timeZone, fromMs);
  let lowMs = fromMs;
  for (;;) {
    const highMs = Math.min(lowMs + STEP_MS, toMs);
    if (zoneOffsetMs(timeZone, highMs) !== offsetMs || highMs === toMs) return offsetChangeMs(timeZone, lowMs, highMs);
    lowMs = highMs;
  }
}

/** The first matching reading of the wall clock strictly after `wallMs`, both as if they were UTC. */
function nextWallTime(cron: CronExpression, wallMs: number): number | undefined {
  const start = new Date(Math.floor(wallMs / 1000) * 1000 + 1000);
  let year = start.getUTCFullYear();
  let month = start.getUTCMonth() + 1;
  let day = start.getUTCDate();
  let second = start.getUTCHours() * 3600 + start.getUTCMinutes() * 60 + start.getUTCSeconds();
  const lastYear = year + YEARS_AHEAD_MAX;
  while (year <= lastYear) {
    const matching = cron.months.has(month) ? matchingDays(cron, year, month) : [];
    for (const candidate of matching) {
      if (candidate < day) continue;
      const found = nextSecondOfDay(cron, candidate === day ? second : 0);
      if (found !== undefined) return Date.UTC(year, month - 1, candidate) + found * 1000;
    }
    month += 1;
    if (month > 12) {
      month = 1;
      year += 1;
    }
    day = 1;
    second = 0;
  }
  return undefined;
}

function matchesWallTime(cron: CronExpression, wallMs: number): boolean {
  return wallMs % 1000 === 0 && nextWallTime(cron, wallMs - 1000) === wallMs;
}

/** The first matching second of a day at or after `from`. */
function nextSecondOfDay(cron: CronExpression, from: number): number | undefined {
  for (let hour = Math.floor(from / 3600); hour < 24; hour++) {
    if (!cron.hours.has(hour)) continue;
    const firstMinute = hour * 3600 >= from ? 0 : Math.floor((from % 3600) / 60);
    for (let minute = firstMinute; minute < 60; minute++) {
      if (!cron.minutes.has(minute)) continue;
      const atMinute = hour * 3600 + minute * 60;
      for (let second = Math.max(0, from - atMinute); second < 60; second++) {
        if (cron.seconds.has(second)) return atMinute + second;
      }
    }
  }
  return undefined;
}

/** The matching days of a month, ascending. Where both day fields restrict, either may match, as in every cron since Unix. */
function matchingDays(cron: CronExpression, year: number, month: number): readonly number[] {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const firstWeekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const weekdayOf = (day: number): number => (firstWeekday + day - 1) % 7;
  const byMonth = daysByMonth(cron, last, weekdayOf);
  const days: number[] = [];
  for (let day = 1; day <= last; day++) {
    const monthMatches = byMonth.has(day);
    const weekMatches = matchesWeekday(cron, day, last, weekdayOf(day));
    const { dayOfMonth, dayOfWeek } = cron;
    const matches =
      dayOfMonth.any || dayOfWeek.any
        ? (dayOfMonth.any || monthMatches) && (dayOfWeek.any || weekMatches)
        : monthMatches || weekMatches;
    if (matches) days.push(day);
  }
  return days;
}

function daysByMonth(
  { dayOfMonth }: CronExpression,
  last: number,
  weekdayOf: (day: number) => number,
): ReadonlySet<number> {
  const days = new Set(dayOfMonth.days);
  for (const back of dayOfMonth.fromLast) days.add(last - back);
  for (const target of dayOfMonth.nearestWeekday) {
    if (target <= last) days.add(nearestWeekday(target === 0 ? last : target, last, weekdayOf));
  }
  return days;
}

/** The weekday nearest to a day without leaving the month. */
function nearestWeekday(day: number, last: number, weekdayOf: (day: number) => number): number {
  const weekday = weekdayOf(day);
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === last ? day - 2 : day + 1;
  return day;
}

function matchesWeekday({ dayOfWeek }: CronExpression, day: number, last: number, weekday: number): boolean {
  if (dayOfWeek.days.has(weekday)) return true;
  if (dayOfWeek.last.has(weekday) && day + 7 > last) return true;
  return dayOfWeek.nth.some(([nthDay, nth]) => nthDay === weekday && Math.ceil(day / 7) === nth);
}
