import { Random } from "../simulation/random.ts";
import { countCalls, type FaultOutcome, type FaultPoint, tryFault } from "./fault-point.ts";
import type { Part } from "./jobs.ts";

/** What a sweep over one kind of fault came to. */
export interface SweepReport {
  readonly fault: string;
  /** Calls of the script: what there is to sweep over. */
  readonly calls: number;
  readonly tried: number;
  readonly hit: number;
  readonly endings: { readonly [ending: string]: number };
  readonly refusals: { readonly [code: string]: number };
  readonly acks: number;
  readonly wrong: readonly string[];
}

/** Sweeps over the calls of each kind: all of them, or `most` drawn by the seed; and of those the part that this process has. */
export async function* sweep(
  points: readonly FaultPoint[],
  most: number,
  seed: number,
  { index, of }: Part = { index: 0, of: 1 },
): AsyncGenerator<SweepReport> {
  const random = new Random(seed);
  const counts = await countCalls();
  for (const point of points) {
    // Calls are counted by thread and name; the sum of all is an upper bound.
    const calls = Math.max(...point.calls.split(",").map((name) => counts.get(name) ?? 0));
    const places = placesOf(calls, most, random).filter((_, place) => place % of === index);
    const outcomes: FaultOutcome[] = [];
    for (const at of places) outcomes.push(await tryFault(point, at));
    yield report(point, calls, outcomes);
  }
}

/** One place in each of as many equal parts, so that few still cover the whole script. */
function placesOf(calls: number, most: number, random: Random): readonly number[] {
  if (calls <= most) return Array.from({ length: calls }, (_, index) => index + 1);
  const part = calls / most;
  return Array.from({ length: most }, (_, index) => 1 + Math.floor(part * (index + random.next())));
}

function report({ calls: names, fault }: FaultPoint, calls: number, outcomes: readonly FaultOutcome[]): SweepReport {
  const endings: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  for (const { ending, refusals: refused } of outcomes) {
    endings[ending] = (endings[ending] ?? 0) + 1;
    for (const [code, count] of Object.entries(refused)) refusals[code] = (refusals[code] ?? 0) + count;
  }
  return {
    fault: `${fault} at ${names}`,
    calls,
    tried: outcomes.length,
    hit: outcomes.filter(({ hit }) => hit).length,
    endings,
    refusals,
    acks: outcomes.reduce((sum, { acks }) => sum + acks, 0),
    wrong: outcomes.flatMap(({ at, wrong }) => wrong.map((text) => `call ${at}: ${text}`)),
  };
}
