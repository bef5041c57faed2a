import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDuration, isZeroDuration, parseDuration } from "./duration.ts";

const at = (text: string): number => Date.parse(text);

describe("addDuration by the calendar in UTC", () => {
  const table: readonly [string, string, string][] = [
    ["2024-01-31T00:00:00Z", "P1M", "2024-02-29T00:00:00.000Z"],
    ["2023-01-31T10:20:30.400Z", "P1M", "2023-02-28T10:20:30.400Z"],
    ["2024-02-29T00:00:00Z", "P1Y", "2025-02-28T00:00:00.000Z"],
    ["2024-12-31T23:59:59Z", "PT1S", "2025-01-01T00:00:00.000Z"],
    ["2024-01-01T00:00:00Z", "P1Y2M3W4DT5H6M7.5S", "2025-03-26T05:06:07.500Z"],
    ["2024-01-01T00:00:00Z", "P0.5Y", "2024-07-01T00:00:00.000Z"],
    ["2024-01-01T00:00:00Z", "P0.5M", "2024-01-16T00:00:00.000Z"],
    ["1969-12-31T23:00:00.250Z", "P1M", "1970-01-31T23:00:00.250Z"],
    ["2024-01-01T00:00:00Z", "PT0,25S", "2024-01-01T00:00:00.250Z"],
  ];
  test.each(table)("%s + %s = %s", (from, text, to) => {
    const { duration } = parseDuration(text);
    expect(duration && new Date(addDuration(at(from), duration)).toISOString()).toBe(to);
  });

  test("an object of units adds them up", () => {
    const { duration } = parseDuration({ days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 5 });
    expect(duration && addDuration(0, duration)).toBe(93_784_005);
  });

  test("instants beyond the range of Date stop at its end", () => {
    const { duration } = parseDuration("P300000Y");
    expect(duration && addDuration(0, duration)).toBe(8_640_000_000_000_000);
  });
});

describe("parseDuration refuses", () => {
  const table: readonly [unknown, string][] = [
    ["-PT5S", "negative"],
    ["PT-5S", "negative"],
    ["P", "no unit"],
    ["PT", "no unit"],
    ["30s", "ISO 8601"],
    ["P1H", "ISO 8601"],
    ["", "ISO 8601"],
    [{}, "no unit"],
    [{ weeks: 1 }, "not a unit"],
    [{ seconds: -1 }, "negative"],
    [{ seconds: "1" }, "not a number"],
    [{ constructor: 1 }, "not a unit"],
    [5, "neither"],
    [null, "neither"],
    ["PT99999999999999999999S", "longer than time"],
    [`PT${"9".repeat(100_000)}S`, "ISO 8601"],
  ];
  test.each(table)("%j", (value, problem) => {
    expect(parseDuration(value as never).problem).toContain(problem);
  });
});

test("isZeroDuration tells durations without length", () => {
  expect(["PT0S", "P0D", "PT0.1S"].map((text) => isZeroDuration(parseDuration(text).duration as never))).toEqual([
    true,
    true,
    false,
  ]);
});

test("addDuration never goes back, and time alone adds exactly", () => {
  const units = fc.record({ days: fc.nat(4000), hours: fc.nat(4000), seconds: fc.nat(100_000) });
  fc.assert(
    fc.property(units, fc.integer({ min: -1e13, max: 1e13 }), fc.nat(40), (amounts, from, months) => {
      const plain = parseDuration(amounts).duration as never;
      expect(addDuration(from, plain)).toBe(
        from + ((amounts.days * 24 + amounts.hours) * 3600 + amounts.seconds) * 1000,
      );
      const calendar = parseDuration(`P${months}M`).duration as never;
      expect(addDuration(from, calendar)).toBeGreaterThanOrEqual(from);
    }),
  );
});
