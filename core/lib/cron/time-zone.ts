const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the wall clock of a zone is ahead of UTC at an instant, in milliseconds; always 0 for UTC, which needs no tables. */
export function zoneOffsetMs(timeZone: string, atMs: number): number {
  if (timeZone === "UTC") return 0;
  const wholeSecondMs = Math.floor(atMs / 1000) * 1000;
  const fields: Record<string, number> = {};
  for (const part of format(timeZone).formatToParts(wholeSecondMs)) {
    if (part.type !== "literal") fields[part.type] = Number(part.value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour % 24, minute, second) - wholeSecondMs;
}

/** The first instant after `fromMs` and not after `toMs` at which the offset is no longer that of `fromMs`; the offset at `toMs` must differ. */
export function offsetChangeMs(timeZone: string, fromMs: number, toMs: number): number {
  const before = zoneOffsetMs(timeZone, fromMs);
  let low = fromMs;
  let high = toMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zoneOffsetMs(timeZone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function format(timeZone: string): Intl.DateTimeFormat {
  let known = formats.get(timeZone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, known);
  }
  return known;
}
