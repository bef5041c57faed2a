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
      const { refused, detected, harmless, silent, wrong } = await flipBits(sound, place, flips, 1);
      expect({ noticed: refused + detected, harmless, silent, wrong }).toEqual({
        noticed: flips,
        harmless: 0,
        silent: [],
        wrong: [],
      });
    },
    300_000,
  );

  test("none anywhere in the file leads to an error without explanation", async () => {
    expect((await flipBits(sound, "anywhere", 50, 1)).wrong).toEqual([]);
  }, 300_000);
});
