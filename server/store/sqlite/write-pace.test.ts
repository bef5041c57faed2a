import { describe, expect, test } from "vitest";
import { WritePace } from "./write-pace.ts";

describe("WritePace", () => {
  test("knows no limit before it has measured, and does not learn from few writes, which cost what a transaction costs", () => {
    const pace = new WritePace();
    expect(pace.writesIn(1)).toBe(Number.POSITIVE_INFINITY);
    pace.measured(10, 100);
    expect(pace.writesIn(1)).toBe(Number.POSITIVE_INFINITY);
  });

  test("says how many writes fit a time, and follows when they take longer", () => {
    const pace = new WritePace();
    pace.measured(1_000, 10);
    expect(pace.writesIn(10)).toBe(1_000);
    pace.measured(1_000, 20);
    expect(pace.writesIn(10)).toBeLessThan(1_000);
    for (let transaction = 0; transaction < 50; transaction++) pace.measured(1_000, 20);
    expect(pace.writesIn(10)).toBe(500);
  });

  test("never asks for fewer than are worth a transaction", () => {
    const pace = new WritePace();
    pace.measured(256, 60_000);
    expect(pace.writesIn(1)).toBe(256);
  });
});
