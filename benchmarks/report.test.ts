import { describe, expect, it } from "vitest";
import { report } from "./report.ts";
import type { Heading, Line } from "./results.ts";

const heading: Heading = {
  ...{ date: "2026-11-23T00:00:00.000Z", mode: "gates", windowMs: 20_000, rounds: 3 },
  ...{ cores: 2, cpu: "some", kernel: "6" },
};

function line(engine: string, round: number, runsPerSecond: number, more: Partial<Line> = {}): Line {
  return { row: "noop10 c=100", engine, round, figures: { runsPerSecond }, disturbance: 0.01, probe: 700, ...more };
}

/** Ours at 1,000 in each of three rounds beside both of Restate. */
function rounds(shipped: readonly number[], tuned: readonly number[], more: Partial<Line> = {}): readonly Line[] {
  return [1, 2, 3].flatMap((round) => [
    line("stigmer", round, 1_000),
    line("restate as shipped", round, shipped[round - 1] ?? 0),
    line("restate tuned", round, tuned[round - 1] ?? 0, round === 1 ? more : {}),
  ]);
}

function verdictOf(lines: readonly Line[]): string {
  const [found = ""] = report(heading, lines)
    .split("\n")
    .filter((text) => text.startsWith("| noop10 c=100 runsPerSecond against the better"));
  return found;
}

describe("report", () => {
  it.each([
    ["the median ratio against the better of the two", rounds([100, 100, 100], [200, 150, 190]), "| 5.26x |"],
    [
      "a gate that is met and a goal that is missed",
      rounds([100, 100, 100], [200, 150, 190]),
      "5.00x: met | >= 12.00x: m",
    ],
    [
      "a gate that is missed",
      rounds([100, 100, 100], [400, 400, 400]),
      "| 2.50x | >= 5.00x: missed | >= 12.00x: missed |",
    ],
    ["no round that was disturbed", rounds([50, 50, 50], [500, 80, 100], { disturbance: 0.16 }), "| 11.25x |"],
    [
      "one that was disturbed no more than allowed",
      rounds([50, 50, 50], [500, 500, 80], { disturbance: 0.15 }),
      "| 2.00x |",
    ],
    [
      "nothing while one of the two is not there",
      [line("stigmer", 1, 9), line("restate tuned", 1, 1)],
      "| – | >= 5.00x: not judged",
    ],
    ["nothing where no row was taken", [], "| – | >= 5.00x: not judged | >= 12.00x: not judged |"],
  ])("judges by %s", (_name, lines, expected) => {
    expect(verdictOf(lines)).toContain(expected);
  });

  it("prints what failed, and counts it", () => {
    const failed = line("dbos", 2, 0, { figures: {}, failed: "no answer:\n for 30 s" });
    const text = report(heading, [...rounds([1, 1, 1], [1, 1, 1]), failed]);
    expect(text).toContain("dbos failed in round 2: `no answer: for 30 s`");
    expect(text).toContain("failures: 1");
  });

  it("shows a row of which all rounds were disturbed, and that none is kept", () => {
    const text = report(heading, [line("stigmer", 1, 1_234, { disturbance: 0.5 })]);
    expect(text).toContain("| stigmer | 1234 | 50.0 % | 700 |  | 0 of 1 |");
  });
});
