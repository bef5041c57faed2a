import { beforeAll, describe, expect, test } from "vitest";
import { flipBits, type SoundDatabase, soundDatabase } from "./bit-flip.ts";

describe("flipped bits", () => {
  let sound: SoundDatabase;
  beforeAll(async () => {
    sound = await soundDatabase(30);
  }, 120_000);

  test.each([
    ["journal", 500],
    ["definition", 50],
  ] as const)(
    "each in the %s (%d times) is noticed, told clearly, and harms nobody else",
    async (place, flips) => {
      const { refused, detected, ...others } = await flipBits(sound, place, flips, 1);
      expect({ noticed: refused + detected, ...others }).toEqual({
        flips,
        noticed: flips,
        verified: [],
        harmless: 0,
        silent: [],
        wrong: [],
      });
    },
    300_000,
  );

  test.each(["journal row", "run", "head"] as const)(
    "50 in a %s never show anything else without saying so",
    async (place) => {
      const { refused, detected, silent, verified, wrong } = await flipBits(sound, place, 50, 1);
      expect({ silent, verified, wrong }).toEqual({ silent: [], verified: [], wrong: [] });
      // What nobody reads, such as a checksum that now is none, may pass.
      expect(refused + detected).toBeGreaterThan(25);
    },
    300_000,
  );

  test("none anywhere in the file leads to an error without explanation", async () => {
    expect((await flipBits(sound, "anywhere", 50, 1)).wrong).toEqual([]);
  }, 300_000);
});
