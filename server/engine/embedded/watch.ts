import { isTerminal, type RunStatus } from "@stigmer/core/protocol/state.ts";
import type { RunRow } from "../../store/ports.ts";
import type { RunChange } from "../engine.ts";
import type { EngineMeter } from "./ports.ts";

/** A change as it happens, with the position before it: what tells a gap. */
interface LiveChange {
  readonly from: number;
  readonly change: RunChange;
}

/** One who watches a run: a bounded buffer. When it is full it is emptied, and what was in it is read from the journal. */
class Watcher {
  readonly #bufferMax: number;
  readonly #overflowed: () => void;
  #buffer: LiveChange[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(bufferMax: number, overflowed: () => void) {
    this.#bufferMax = bufferMax;
    this.#overflowed = overflowed;
  }

  push(live: LiveChange): void {
    if (this.#buffer.length >= this.#bufferMax) {
      this.#buffer = [];
      this.#overflowed();
    }
    this.#buffer.push(live);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** The next change; undefined once closed. */
  async next(): Promise<LiveChange | undefined> {
    while (this.#buffer.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#closed ? undefined : this.#buffer.shift();
  }
}

/** One who waits for the end of a run and is told of nothing before it. */
class EndWaiter {
  readonly #done: (row: RunRow | undefined) => void;

  constructor(done: (row: RunRow | undefined) => void) {
    this.#done = done;
  }

  push({ change }: LiveChange): void {
    if (hasEnded(change.row)) this.#done(change.row);
  }

  close(): void {
    this.#done(undefined);
  }
}

/** Who watches which run. Watching is by position in the journal, so nothing is lost to a slow watcher, and nothing is kept for it either. */
export class Watches {
  readonly #watchers = new Map<number, Set<Watcher | EndWaiter>>();
  readonly #bufferMax: number;
  readonly #meter: EngineMeter | undefined;

  constructor(bufferMax: number, meter?: EngineMeter) {
    this.#bufferMax = Math.max(1, bufferMax);
    this.#meter = meter;
  }

  /** Whether anybody watches the run: building a change for nobody is saved. */
  has(run: number): boolean {
    return this.#watchers.has(run);
  }

  /** Tells the watchers of a run what has become durable. */
  notify(from: number, change: RunChange): void {
    const watchers = this.#watchers.get(change.row.run);
    if (watchers === undefined) return;
    for (const watcher of watchers) watcher.push({ from, change });
  }

  /** Ends every watch. */
  closeAll(): void {
    for (const watchers of this.#watchers.values()) for (const watcher of watchers) watcher.close();
  }

  /** Changes of a run after a position, without gap or repeat: first the present state, at the end the terminal one. `catchUp` reads what is durable now. */
  async *watch(
    run: number,
    fromPosition: number,
    signal: AbortSignal,
    catchUp: (position: number) => Promise<RunChange | undefined>,
  ): AsyncGenerator<RunChange> {
    if (signal.aborted) return;
    const watcher = new Watcher(this.#bufferMax, () => this.#meter?.watchOverflowed());
    const close = (): void => watcher.close();
    this.#open(run, watcher);
    this.#meter?.watchOpened();
    signal.addEventListener("abort", close);
    try {
      let position = fromPosition;
      let live: LiveChange | undefined;
      for (;;) {
        const gap = live === undefined || live.from > position;
        const change = gap ? await catchUp(position) : live?.change;
        if (change === undefined || signal.aborted) return;
        yield change;
        position = Math.max(position, change.position);
        if (hasEnded(change.row)) return;
        do live = await watcher.next();
        while (live !== undefined && live.change.position <= position && !hasEnded(live.change.row));
        if (live === undefined) return;
      }
    } finally {
      signal.removeEventListener("abort", close);
      this.#close(run, watcher);
      this.#meter?.watchClosed();
    }
  }

  /** The row of a run that has ended; undefined when the signal aborts or all watches end first. It listens before it reads, so no end is missed. */
  async ended(run: number, signal: AbortSignal, read: () => Promise<RunRow | undefined>): Promise<RunRow | undefined> {
    let done: (row: RunRow | undefined) => void = () => undefined;
    const end = new Promise<RunRow | undefined>((resolve) => {
      done = resolve;
    });
    const waiter = new EndWaiter(done);
    const close = (): void => waiter.close();
    this.#open(run, waiter);
    signal.addEventListener("abort", close);
    try {
      const row = await read();
      if (row === undefined || hasEnded(row)) return row;
      return signal.aborted ? undefined : await end;
    } finally {
      signal.removeEventListener("abort", close);
      this.#close(run, waiter);
    }
  }

  #open(run: number, watcher: Watcher | EndWaiter): void {
    const watchers = this.#watchers.get(run);
    if (watchers === undefined) this.#watchers.set(run, new Set([watcher]));
    else watchers.add(watcher);
  }

  #close(run: number, watcher: Watcher | EndWaiter): void {
    const watchers = this.#watchers.get(run);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchers.delete(run);
  }
}

function hasEnded(row: RunRow): boolean {
  return row.status === "quarantined" || isTerminal(row.status satisfies RunStatus);
}
