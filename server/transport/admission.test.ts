import { describe, expect, test } from "vitest";
import { ApiError } from "../errors/api-error.ts";
import { Admission, type AdmissionOptions } from "./admission.ts";
import { FakeLoop } from "./fake-loop.ts";

/** An admission whose requests take `costMs` each, and the names of those that were begun. */
function world(options: Partial<AdmissionOptions> = {}, costMs = 1) {
  const loop = new FakeLoop();
  const admission = new Admission({ sliceMs: 5, ...options }, loop);
  const begun: number[] = [];
  const cost = async (name: number): Promise<void> => {
    begun.push(name);
    // The work is done in a promise, as that of a handler.
    await Promise.resolve();
    loop.time += costMs;
  };
  const ask = async (name: number, bytes = 0, mustServe = false): Promise<void> => {
    const turn = admission.enter(bytes, mustServe);
    if (turn !== undefined) await turn;
    await cost(name);
  };
  /** Requests come one after the other, as each is read from its connection. */
  const askAll = async (from: number, to: number): Promise<void> => {
    for (let name = from; name <= to; name++) {
      void ask(name);
      await loop.settle();
    }
  };
  return { loop, admission, begun, ask, askAll };
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

describe("Admission", () => {
  test("begins requests at once while the turn is young, and the others in later turns in their order", async () => {
    const { loop, admission, begun, askAll } = world();
    await askAll(1, 12);
    expect(begun).toEqual(upTo(5));
    expect(admission.size).toBe(7);
    await loop.endTurn();
    expect(begun).toEqual(upTo(10));
    await loop.endTurn();
    expect(begun).toEqual(upTo(12));
    expect(admission.size).toBe(0);
  });

  test("counts what a request does in its promises before the next one of the queue begins", async () => {
    const { loop, begun, askAll } = world({ sliceMs: 5 }, 4);
    await askAll(1, 8);
    expect(begun).toEqual([1, 2]);
    await loop.endTurn();
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  test("begins one in each turn at least, however long each takes", async () => {
    const { loop, begun, askAll } = world({ sliceMs: 5 }, 1_000);
    await askAll(1, 4);
    for (const last of [2, 3, 4]) {
      await loop.endTurn();
      expect(begun).toEqual(upTo(last));
    }
  });

  test("lets nobody overtake those that wait, not even at the beginning of a turn", async () => {
    const { loop, begun, askAll } = world();
    await askAll(1, 11);
    await loop.endTurn();
    await askAll(12, 12);
    expect(begun).toEqual(upTo(10));
    await loop.endTurn();
    expect(begun).toEqual(upTo(12));
  });

  test("counts what was begun from the queue to the turn in which new requests come", async () => {
    const { loop, begun, askAll } = world();
    await askAll(1, 9);
    await loop.endTurn();
    await askAll(10, 11);
    expect(begun).toEqual(upTo(10));
  });

  test("begins at once again in the turn after the queue is empty", async () => {
    const { loop, begun, askAll } = world();
    await askAll(1, 6);
    await loop.endTurn();
    await loop.endTurn();
    loop.time += 1_000;
    await askAll(7, 11);
    expect(begun).toEqual(upTo(11));
  });

  test("begins none while it is held, and goes on in order afterwards", async () => {
    let isHeld = false;
    const { loop, begun, askAll } = world({ isHeld: () => isHeld });
    await askAll(1, 7);
    isHeld = true;
    for (let turn = 0; turn < 3; turn++) await loop.endTurn();
    await askAll(8, 8);
    expect(begun).toEqual(upTo(5));
    isHeld = false;
    await loop.endTurn();
    expect(begun).toEqual(upTo(8));
  });

  test("lets one that comes while it is held wait, even when nothing else waits", async () => {
    let isHeld = true;
    const { loop, begun, askAll } = world({ isHeld: () => isHeld });
    await askAll(1, 1);
    expect(begun).toEqual([]);
    isHeld = false;
    await loop.endTurn();
    expect(begun).toEqual([1]);
  });

  test("serves everybody when far more come than a turn holds", async () => {
    const { loop, admission, begun, askAll } = world({ sliceMs: 100 });
    await askAll(1, 5_000);
    for (let turns = 0; admission.size > 0; turns++) {
      expect(turns).toBeLessThan(100);
      await loop.endTurn();
    }
    expect(begun).toEqual(upTo(5_000));
  });

  test("refuses beyond its bound and says when to try again; controls are not refused", async () => {
    const { loop, admission, begun, ask, askAll } = world({ waitingMax: 3 });
    await askAll(1, 8);
    expect(admission.size).toBe(3);
    const refusal = await ask(9).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ reason: "SERVER_OVERLOADED", code: "UNAVAILABLE", retryAfterMs: 500 });
    void ask(10, 0, true);
    await loop.endTurn();
    expect(begun).toEqual([...upTo(8), 10]);
  });

  test("refuses beyond its bound of bytes, which is free again when they have begun", async () => {
    const { loop, admission, ask, askAll } = world({ waitingBytesMax: 100 });
    await askAll(1, 5);
    void ask(6, 1_000);
    expect(admission.size, "one larger than the bound, alone").toBe(1);
    await expect(ask(7, 1)).rejects.toMatchObject({ reason: "SERVER_OVERLOADED" });
    await loop.endTurn();
    await loop.endTurn();
    await askAll(11, 15);
    void ask(16, 60);
    void ask(17, 40);
    await expect(ask(18, 1)).rejects.toMatchObject({ reason: "SERVER_OVERLOADED" });
  });
});
