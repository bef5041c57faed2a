import { afterAll, describe, expect, test } from "vitest";
import { allCases } from "../tables.ts";
import { crashEverywhere } from "./crash-everywhere.ts";

/** The cases are spread over this many files, so that they run beside each other. */
const SHARDS = 2;

/** Every conformance case of a shard gives the same whatever record the process dies at. */
export function describeCrashes(shard: number): void {
  const cases = allCases().filter((_, index) => index % SHARDS === shard);
  let held = 0;
  let total = 0;

  describe(`with a crash at every record, shard ${String(shard)} of ${String(SHARDS)}`, () => {
    for (const one of cases) {
      test(`${one.feature}: ${one.name}`, async () => {
        const { crashes, differences } = await crashEverywhere(one);
        total += crashes;
        expect(differences).toEqual([]);
        held += 1;
      });
    }
  });

  afterAll(() => {
    console.log(
      `conformance: ${String(held)} of ${String(cases.length)} cases give the same over ${String(total)} crashes`,
    );
    // Nearly all cases have at least a start and an end to crash at.
    expect(total).toBeGreaterThan(2 * cases.length);
  });
}
