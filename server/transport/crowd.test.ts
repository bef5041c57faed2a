import { describe, expect, test } from "vitest";
import { Crowd } from "./crowd.ts";
import { FakeLoop } from "./fake-loop.ts";

/** A crowd, and turns that last `ms` each, with or without a connection. */
function world() {
  const loop = new FakeLoop();
  const crowd = new Crowd(loop);
  const turn = async (connection: boolean, ms = 1): Promise<boolean> => {
    if (connection) crowd.connected();
    loop.time += ms;
    await loop.endTurn();
    return crowd.isEntering;
  };
  return { loop, crowd, turn };
}

describe("Crowd", () => {
  test("enters from the first connection to the end of the first turn that brings none", async () => {
    const { crowd, turn } = world();
    expect(await turn(false)).toBe(false);
    crowd.connected();
    expect(crowd.isEntering).toBe(true);
    expect(await turn(false)).toBe(true);
    expect(await turn(true)).toBe(true);
    expect(await turn(true)).toBe(true);
    expect(await turn(false)).toBe(false);
  });

  test("takes in a hundred callers in a row, one in each turn, without a break", async () => {
    const { turn } = world();
    for (let caller = 0; caller < 100; caller++) expect(await turn(true, 0.3)).toBe(true);
  });

  test("does not count what was left of the turn in which the first one came", async () => {
    const { turn } = world();
    expect(await turn(true, 5_000)).toBe(true);
    expect(await turn(true)).toBe(true);
  });

  test("ends after 50 ms, however many still come, and rests four times as long", async () => {
    const { loop, turn } = world();
    let turns = 0;
    while (await turn(true)) turns += 1;
    expect(turns).toBe(50);
    const restsUntil = loop.time + 200;
    while (loop.time < restsUntil - 1) expect(await turn(true)).toBe(false);
    await turn(false);
    expect(await turn(true)).toBe(true);
  });

  test("holds work up for a fifth of the time when connections never end", async () => {
    const { loop, turn } = world();
    let entering = 0;
    for (let at = 0; at < 10_000; at++) if (await turn(true)) entering += 1;
    expect(entering / loop.time).toBeGreaterThan(0.15);
    expect(entering / loop.time).toBeLessThanOrEqual(0.21);
  });
});
