import { describe, expect, test } from "vitest";
import { badStarts, badTurns, tryBadStart, tryBadTurn } from "./file-fault.ts";

describe("files that are not as they should be", () => {
  test.each(badStarts.map((one) => [one.name, one] as const))("at the start, %s", async (_name, one) => {
    expect(await tryBadStart(one)).toEqual([]);
  });

  test.each(badTurns.map((one) => [one.name, one] as const))("under a running server, %s", async (_name, one) => {
    expect(await tryBadTurn(one)).toEqual([]);
  });
});
