import { describe, expect, it } from "vitest";
import { expectedSeconds, readPlan, takesPart } from "./plan.ts";

describe("readPlan", () => {
  it.each([
    [["--gates"], { mode: "gates", rounds: 5, windowMs: 20_000, waiting: 1_000_000 }],
    [["--gates", "--seconds", "3", "--rounds", "2"], { mode: "gates", rounds: 2, windowMs: 3_000 }],
    [["--rows", "http10:7", "--scenarios", ""], { rows: [{ workload: "http10", concurrency: 7 }], scenarios: [] }],
    [["--engines", "stigmer,dbos"], { mode: "quick", engines: ["stigmer", "dbos"] }],
  ])("reads %j", (args, expected) => {
    expect(readPlan(args)).toMatchObject(expected);
  });

  it("rejects a workload that is unknown", () => {
    expect(() => readPlan(["--rows", "http11:1"])).toThrow('Cannot measure "http11"');
  });
});

describe("takesPart", () => {
  const row = { workload: "http10", concurrency: 100 } as const;

  it.each([
    ["--gates", "dbos", row, true],
    ["--gates", "dbos", { ...row, concurrency: 1 }, false],
    ["--gates", "restate tuned", { ...row, concurrency: 1 }, true],
    ["--full", "dbos", { ...row, concurrency: 1 }, true],
  ])("with %s of %s in %j is %s", (mode, engine, taken, expected) => {
    expect(takesPart(readPlan([mode]), engine, taken)).toBe(expected);
  });
});

describe("expectedSeconds", () => {
  it("grows with rounds, windows and scenarios", () => {
    const [seconds, longer, more] = [
      ["--rounds", "2", "--seconds", "2"],
      ["--rounds", "2", "--seconds", "4"],
      ["--rounds", "2", "--seconds", "4", "--scenarios", "timers"],
    ].map((args) => expectedSeconds(readPlan(args)));
    expect(longer).toBeGreaterThan(seconds ?? Infinity);
    expect(more).toBeGreaterThan(longer ?? Infinity);
  });
});
