import { describe, expect, it } from "vitest";
import { ContainerSweeper, type ExpiringContainer } from "./container-sweeper.ts";

/** An engine with containers, and time that passes when told to. */
class World {
  nowMs = 1_000;
  readonly containers = new Map<string, ExpiringContainer>();
  answers = true;
  #timers: { readonly at: number; readonly task: () => void }[] = [];
  readonly sweeper = new ContainerSweeper({
    now: () => this.nowMs,
    list: async () => {
      if (!this.answers) throw new Error("no engine");
      return [...this.containers.values()];
    },
    remove: async (id) => this.containers.delete(id),
    later: (delayMs, task) => {
      const timer = { at: this.nowMs + delayMs, task };
      this.#timers.push(timer);
      return () => void (this.#timers = this.#timers.filter((one) => one !== timer));
    },
  });

  add(id: string, expiresAt: number, hasExited = true): void {
    this.containers.set(id, { id, expiresAt, hasExited });
  }

  /** Lets time pass up to an instant, and what is due then happen. */
  async pass(toMs: number): Promise<readonly string[]> {
    for (;;) {
      const next = this.#timers.toSorted((left, right) => left.at - right.at)[0];
      if (next === undefined || next.at > toMs) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.nowMs = next.at;
      next.task();
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
    this.nowMs = toMs;
    return [...this.containers.keys()];
  }

  get timers(): number {
    return this.#timers.length;
  }
}

describe("ContainerSweeper", () => {
  it("removes at its start what a server before it left, and the rest when its time comes", async () => {
    const world = new World();
    world.add("past", 500);
    world.add("soon", 5_000);
    world.add("late", 2 ** 33);
    world.sweeper.by(world.nowMs);
    expect(await world.pass(1_000)).toEqual(["soon", "late"]);
    expect(await world.pass(4_999)).toEqual(["soon", "late"]);
    expect(await world.pass(5_000)).toEqual(["late"]);
    expect(await world.pass(2 ** 33)).toEqual([]);
    expect(world.timers).toBe(0);
  });

  it("leaves a container alone that still runs, and looks again", async () => {
    const world = new World();
    world.add("busy", 500, false);
    world.sweeper.by(world.nowMs);
    expect(await world.pass(2_000)).toEqual(["busy"]);
    world.add("busy", 500);
    expect(await world.pass(61_000)).toEqual([]);
  });

  it("goes on when the engine answers again", async () => {
    const world = new World();
    world.add("past", 500);
    world.answers = false;
    world.sweeper.by(world.nowMs);
    expect(await world.pass(2_000)).toEqual(["past"]);
    world.answers = true;
    expect(await world.pass(61_000)).toEqual([]);
  });

  it("waits for the earliest time only", async () => {
    const world = new World();
    for (const dueAt of [9_000, 3_000, 7_000]) world.sweeper.by(dueAt);
    expect(world.timers).toBe(1);
    world.add("a", 2_000);
    expect(await world.pass(3_000)).toEqual([]);
  });
});
