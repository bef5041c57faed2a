import { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from "../store/memory/memory-store.ts";
import type { Random } from "./random.ts";
import type { Swarm } from "./swarm.ts";

/** What a disk asks of its world. */
export interface DiskWorld {
  readonly swarm: Swarm;
  /** Nothing goes wrong any more. */
  readonly liveness: boolean;
  after(delayMs: number, step: () => void): void;
}

/** The disk of one process: slow, full or failing as the seed has it. Of what was under way at a crash some survives. */
export function faultyDisk(world: DiskWorld, random: Random, before?: MemoryStore): MemoryStore {
  const { swarm } = world;
  const options: MemoryStoreOptions = {
    schedule: (step, delayMs) => world.after(delayMs, step),
    faults: () => {
      if (world.liveness) return undefined;
      if (random.chance(swarm.commitSlow)) return { kind: "slow", delayMs: random.between(1, 500) };
      if (random.chance(swarm.commitFull)) return { kind: "diskFull" };
      if (random.chance(swarm.commitFailed))
        return { kind: "failed", kept: random.pick(["none", "all", "allButLast"]) };
      return undefined;
    },
    random: () => random.next(),
    ...(swarm.queuedWritesMax === Infinity ? {} : { queuedWritesMax: swarm.queuedWritesMax }),
  };
  return before === undefined ? createMemoryStore(options) : before.crash(options);
}
