import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextCronTick } from "./next-cron-tick.ts";
import { parseCron } from "./parse-cron.ts";

function ticks(text: string, after: string, count: number): string {
  const { cron, problem } = parseCron(text);
  if (cron === undefined) return problem;
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(after); found.length < count;) {
    at = nextCronTick(cron, at);
    if (at === undefined) return [...found, "never"].join(" ");
    found.push(new Date(at).toISOString().replace(":00.000Z", "Z").replace(".000Z", "Z"));
  }
  return found.join(" ");
}

describe("nextCronTick", () => {
  test.each<[string, string, string]>([
    ["0 0 * * *", "2024-01-01T00:00:00Z", "2024-01-02T00:00Z 2024-01-03T00:00Z"],
    ["*/15 9-17 * * MON-FRI", "2024-01-05T17:40:00Z", "2024-01-05T17:45Z 2024-01-08T09:00Z"],
    ["*/20 * * * * *", "2024-01-01T00:00:01.5Z", "2024-01-01T00:00:20Z 2024-01-01T00:00:40Z"],
    ["5/20 1 * * *", "2024-01-01T00:00:00Z", "2024-01-01T01:05Z 2024-01-01T01:25Z"],
    ["@hourly", "2024-12-31T23:30:00Z", "2025-01-01T00:00Z 2025-01-01T01:00Z"],
    ["0 0 29 2 *", "2096-06-01T00:00:00Z", "2104-02-29T00:00Z 2108-02-29T00:00Z"],
    ["0 0 30 2 *", "2024-01-01T00:00:00Z", "never"],
    ["0 0 15 * FRI", "2024-06-07T00:00:00Z", "2024-06-14T00:00Z 2024-06-15T00:00Z"],
    ["0 0 * * FRI-MON", "2024-06-02T12:00:00Z", "2024-06-03T00:00Z 2024-06-07T00:00Z"],
    ["0 0 * * 7", "2024-06-01T00:00:00Z", "2024-06-02T00:00Z 2024-06-09T00:00Z"],
    ["0 0 L * *", "2024-01-31T00:00:00Z", "2024-02-29T00:00Z 2024-03-31T00:00Z"],
    ["0 0 L-2 * *", "2024-02-01T00:00:00Z", "2024-02-27T00:00Z 2024-03-29T00:00Z"],
    ["0 0 LW * *", "2024-06-01T00:00:00Z", "2024-06-28T00:00Z 2024-07-31T00:00Z"],
    ["0 0 1W * *", "2024-06-01T00:00:00Z", "2024-06-03T00:00Z 2024-07-01T00:00Z"],
    ["0 0 * * 1#2", "2024-06-01T00:00:00Z", "2024-06-10T00:00Z 2024-07-08T00:00Z"],
    ["0 0 * * 5L", "2024-06-01T00:00:00Z", "2024-06-28T00:00Z 2024-07-26T00:00Z"],
    ["CRON_TZ=Europe/Paris 30 2 * * *", "2024-03-30T12:00:00Z", "2024-03-31T01:00Z 2024-04-01T00:30Z"],
    ["CRON_TZ=Europe/Paris 30 2 * * *", "2024-10-26T12:00:00Z", "2024-10-27T00:30Z 2024-10-28T01:30Z"],
    ["TZ=Europe/Paris */30 * * * *", "2024-10-27T00:10:00Z", "2024-10-27T00:30Z 2024-10-27T01:00Z 2024-10-27T01:30Z"],
    ["TZ=Europe/Paris 0 */2 * * *", "2024-03-31T00:00:00Z", "2024-03-31T02:00Z 2024-03-31T04:00Z"],
    ["TZ=Australia/Lord_Howe 15 2 * * *", "2024-10-05T12:00:00Z", "2024-10-05T15:30Z 2024-10-06T15:15Z"],
  ])("%s after %s", (text, after, expected) => {
    expect(ticks(text, after, expected.split(" ").length)).toBe(expected);
  });
});

describe("parseCron refuses, pointing at the fault", () => {
  test.each<[string, string, number]>([
    ["60 * * * *", "not a minute", 0],
    ["0 24 * * *", "not a hour", 2],
    ["0 0 0 * *", "not a day of month", 4],
    ["0 0 * 13 *", "not a month", 6],
    ["0 0 * * FOO", "not a day of week", 8],
    ["0 0 1,x * *", "not a day of month", 6],
    ["* * *", "3 fields", 0],
    ["", "0 fields", 0],
    ["@never", "not one of", 0],
    ["5-1 * * * *", "backwards", 0],
    ["*/0 * * * *", "at least 1", 0],
    ["1--2 * * * *", "value, range or step", 0],
    ["CRON_TZ=Mars/Olympus 0 0 * * *", "time zone", 0],
    ["0 0 * * 1#6", "week of the month", 8],
  ])("%j", (text, problem, offset) => {
    const parsed = parseCron(text);
    expect(parsed.problem).toContain(problem);
    expect(parsed).toMatchObject({ offset });
  });
});

test("nextCronTick comes strictly later, and no matching minute lies between", () => {
  const field = (max: number, min = 0) =>
    fc.oneof(
      fc.constant("*"),
      fc.integer({ min, max }).map(String),
      fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
    );
  fc.assert(
    fc.property(field(59), field(23), field(28, 1), fc.integer({ min: 0, max: 4e12 }), (minute, hour, day, after) => {
      const cron = parseCron(`${minute} ${hour} ${day} * *`).cron as never;
      const tick = nextCronTick(cron, after) as number;
      expect(tick).toBeGreaterThan(after);
      expect(tick % 60_000).toBe(0);
      const between = after + Math.floor((tick - after) / 2);
      expect(nextCronTick(cron, between)).toBe(tick);
    }),
    { numRuns: 200 },
  );
});
