import type { EngineClock, EngineScheduler, Scheduled } from "../embedded/ports.ts";

interface Entry {
  readonly at: number;
  readonly tie: number;
  readonly order: number;
  task: (() => void) | undefined;
}

/**
 * Time that passes only when told: a heap of tasks by due time. Tasks due at the same time run in an order drawn by `tie` (in the order they were given unless it is set), which is how a seed
 * explores interleavings. One `step` runs one task.
 */
export class VirtualTime implements EngineScheduler, EngineClock {
  #heap: Entry[] = [];
  #order = 0;
  #now: number;
  #wallOffset = 0;
  readonly #tie: () => number;

  constructor(startMs = 1_700_000_000_000, tie: () => number = () => 0) {
    this.#now = 0;
    this.#wallOffset = startMs;
    this.#tie = tie;
  }

  /** Milliseconds since the beginning. */
  monotonicMs(): number {
    return this.#now;
  }

  nowMs(): number {
    return this.#now + this.#wallOffset;
  }

  /** The wall clock jumps; what has passed does not. */
  jump(byMs: number): void {
    this.#wallOffset += byMs;
  }

  soon(task: () => void): void {
    this.after(0, task);
  }

  after(delayMs: number, task: () => void): Scheduled {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), tie: this.#tie(), order: this.#order++, task };
    this.#push(entry);
    return {
      cancel: () => {
        entry.task = undefined;
      },
    };
  }

  /** When the next task is due (as `monotonicMs`); undefined when there is none. */
  next(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].task === undefined) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Goes to the next task and runs it; false when there is none. */
  step(): boolean {
    if (this.next() === undefined) return false;
    const entry = this.#pop();
    if (entry === undefined) return false;
    this.#now = Math.max(this.#now, entry.at);
    entry.task?.();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (before(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (before(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(left: Entry, right: Entry): boolean {
  return left.at !== right.at
    ? left.at < right.at
    : left.tie !== right.tie
      ? left.tie < right.tie
      : left.order < right.order;
}
