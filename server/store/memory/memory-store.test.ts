import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Store, Write } from "../ports.ts";
import { append, putRun, record, run } from "../suite/store-case.ts";
import { type CommitFault, type MemoryStore, type MemoryStoreOptions, createMemoryStore } from "./memory-store.ts";

interface Step {
  readonly at: number;
  readonly step: () => void;
}

/** Steps in order of their time, run by hand. */
class Steps {
  #steps: Step[] = [];
  now = 0;

  readonly schedule = (step: () => void, delayMs: number): void => {
    this.#steps.push({ at: this.now + delayMs, step });
  };

  /** Runs the next step, then what it woke; tells whether there was one. */
  async next(): Promise<boolean> {
    const [first, ...rest] = this.#steps.toSorted((left, right) => left.at - right.at);
    if (first === undefined) return false;
    this.#steps = rest;
    this.now = first.at;
    first.step();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    return true;
  }

  async all(): Promise<void> {
    while (await this.next());
  }
}

function putRecord(key: string): Write {
  return { op: "putRecord", row: { space: "s", key, value: "v" } };
}

async function keysOf(store: Store): Promise<readonly string[]> {
  return (await store.records.list("s")).map(({ key }) => key);
}

/** Commits and notes what becomes of it. */
function noted(store: Store, key: string, notes: string[]): void {
  store.commit([putRecord(key)]).then(
    () => notes.push(`${key} done`),
    (error: Error & { reason?: string }) => notes.push(`${key} ${error.reason ?? error.name}`),
  );
}

function world(options: MemoryStoreOptions = {}): { steps: Steps; store: MemoryStore; notes: string[] } {
  const steps = new Steps();
  return { steps, store: createMemoryStore({ schedule: steps.schedule, ...options }), notes: [] };
}

function faultOnce(fault: CommitFault): NonNullable<MemoryStoreOptions["faults"]> {
  let faults: CommitFault[] = [fault];
  return () => {
    const [first, ...rest] = faults;
    faults = rest;
    return first;
  };
}

describe("createMemoryStore", () => {
  test("shows and acknowledges a commit only once the disk has answered", async () => {
    const { steps, store, notes } = world();
    noted(store, "a", notes);
    await steps.next();
    noted(store, "b", notes);
    expect([await keysOf(store), notes]).toEqual([[], []]);
    await steps.next();
    expect([await keysOf(store), notes]).toEqual([["a"], ["a done"]]);
    await steps.all();
    expect([await keysOf(store), notes]).toEqual([
      ["a", "b"],
      ["a done", "b done"],
    ]);
  });

  const crashes = [
    { name: "what is queued is lost", steps: 0, random: 0.99, want: ["first"] },
    { name: "what is under way may be lost", steps: 1, random: 0, want: ["first"] },
    { name: "what is under way may survive in part, its beginning", steps: 1, random: 0.5, want: ["a", "first"] },
    { name: "what is under way may survive", steps: 1, random: 0.99, want: ["a", "b", "first"] },
    { name: "what is acknowledged survives", steps: 2, random: 0, want: ["a", "b", "first"] },
  ];
  test.each(crashes)("crash: $name", async ({ steps: count, random, want }) => {
    const { steps, store, notes } = world({ random: () => random });
    noted(store, "first", notes);
    await steps.all();
    noted(store, "a", notes);
    noted(store, "b", notes);
    for (let step = 0; step < count; step++) await steps.next();
    const after = store.crash();
    expect(await keysOf(after)).toEqual(want);
    const acknowledged = notes.length;
    await steps.all();
    expect(notes).toHaveLength(acknowledged);
  });

  test("crash leaves promises of the dead process open, and the next one works", async () => {
    const { steps, store, notes } = world();
    noted(store, "a", notes);
    const after = store.crash();
    noted(store, "b", notes);
    void store.records.get("s", "a").then(() => notes.push("read"));
    void store.health().then(() => notes.push("health"));
    await steps.all();
    expect(notes).toEqual([]);
    noted(after, "c", notes);
    await steps.all();
    expect([notes, await keysOf(after)]).toEqual([["c done"], ["c"]]);
  });

  const failures = [
    { kept: "none", want: [] },
    { kept: "all", want: ["a", "b"] },
    { kept: "allButLast", want: ["a"] },
  ] as const;
  test.each(failures)(
    "a failed commit that kept $kept reports failed for good, and shows after the crash what the disk holds",
    async ({ kept, want }) => {
      const { steps, store, notes } = world({ faults: faultOnce({ kind: "failed", kept }) });
      noted(store, "a", notes);
      noted(store, "b", notes);
      await steps.all();
      noted(store, "c", notes);
      await steps.all();
      expect(notes).toEqual(["a failed", "b failed", "c failed"]);
      expect(await keysOf(store)).toEqual([]);
      expect(await store.health()).toMatchObject({ healthy: false });
      expect(await keysOf(store.crash())).toEqual(want);
    },
  );

  test("a full disk refuses the group and takes the next", async () => {
    const { steps, store, notes } = world({ faults: faultOnce({ kind: "diskFull" }) });
    noted(store, "a", notes);
    await steps.all();
    expect(await store.health()).toMatchObject({ healthy: false });
    noted(store, "b", notes);
    await steps.all();
    expect([notes, await keysOf(store)]).toEqual([["a diskFull", "b done"], ["b"]]);
    expect(await store.health()).toMatchObject({ healthy: true });
  });

  test("a slow disk delays the acknowledgement by as much", async () => {
    const { steps, store, notes } = world({ faults: faultOnce({ kind: "slow", delayMs: 500 }) });
    noted(store, "a", notes);
    await steps.all();
    expect([steps.now, notes]).toEqual([500, ["a done"]]);
  });

  test("refuses as overloaded what does not fit the queue", async () => {
    const { steps, store, notes } = world({ queuedWritesMax: 2 });
    for (const key of ["a", "b", "c"]) noted(store, key, notes);
    await steps.all();
    expect(notes).toEqual(["c overloaded", "a done", "b done"]);
  });

  test("tamperJournal changes data and nothing else", async () => {
    const { steps, store } = world();
    void store.commit([putRun(run(1)), append(record(1, 1))]);
    await steps.all();
    store.tamperJournal(1, 1, "changed");
    expect(await store.journal.read(1, 1, 9)).toEqual([{ ...record(1, 1), data: "changed" }]);
    expect(() => store.tamperJournal(1, 2, "x")).toThrow("no such record");
  });

  test("whatever the schedule, faults and crashes: what was acknowledged is there, batches are whole, and the order is kept", async () => {
    const action = fc.oneof(
      { arbitrary: fc.constant("commit" as const), weight: 4 },
      { arbitrary: fc.constant("step" as const), weight: 4 },
      fc.constant("crash" as const),
    );
    const fault = fc.constantFrom<(CommitFault | undefined)[]>(
      ...Array.from({ length: 5 }, () => undefined),
      { kind: "slow", delayMs: 3 },
      { kind: "diskFull" },
      { kind: "failed", kept: "none" },
      { kind: "failed", kept: "all" },
      { kind: "failed", kept: "allButLast" },
    );
    const unit = fc.double({ min: 0, max: 0.999, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 60 }),
        fc.array(fault, { minLength: 1 }),
        fc.array(unit, { minLength: 1 }),
        async (actions, faults, units) => {
          const steps = new Steps();
          let groups = 0;
          let numbers = 0;
          let store = createMemoryStore({
            schedule: steps.schedule,
            faults: () => faults[groups++ % faults.length],
            random: () => units[numbers++ % units.length] ?? 0,
          });
          const acknowledged: string[] = [];
          let next = 0;
          for (const kind of actions) {
            if (kind === "step") await steps.next();
            else if (kind === "crash") store = store.crash();
            else {
              const key = String(next++).padStart(3, "0");
              store.commit([putRecord(`${key}a`), putRecord(`${key}b`)]).then(
                () => acknowledged.push(`${key}a`, `${key}b`),
                () => undefined,
              );
            }
          }
          const found = await keysOf(store.crash());
          expect(found).toEqual(expect.arrayContaining(acknowledged));
          expect(found.filter((key) => key.endsWith("a"))).toHaveLength(found.length / 2);
          expect(acknowledged).toEqual(acknowledged.toSorted());
        },
      ),
      { numRuns: 500 },
    );
  });
});
