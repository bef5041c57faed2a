import type { TimerReader, TimerRow } from "../../store/ports.ts";
import { failpoint } from "./failpoints.ts";
import type { EngineScheduler, Scheduled } from "./ports.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { compareTimers, TimerHeap } from "./timer-heap.ts";

/** What the timers work with. `fire` resolves once the fact is durable (or not wanted). */
export interface TimerParts {
  readonly reader: TimerReader;
  readonly clock: SteadyClock;
  readonly scheduler: EngineScheduler;
  readonly horizonMs: number;
  readonly inMemoryMax: number;
  readonly concurrency: number;
  fire(row: TimerRow): Promise<unknown>;
  warn(error: unknown): void;
}

/** Timers read at a time: what reads them all holds everybody else up. */
const PAGE_MAX = 5_000;

/** Timers fired in a turn of the event loop: while the disk takes what they led to, the next are brought back. */
const FIRED_MAX = 64;

/*
 * Durable timers. The store has all of them; memory has those up to a position in the order of due times (`#through`), so that a million waiting runs cost a page of rows. A timer set at or
 * before that position goes to memory, a later one is found when the page is read. One that was cleared is recognised by its run when it fires. Firing deletes the row in the commit of the
 * fact, so a crash before it fires again and a crash after it does not.
 */
export class Timers {
  readonly #parts: TimerParts;
  readonly #heap = new TimerHeap();
  readonly #forgotten = new Set<string>();
  /** Everything at or before this position is in memory (or has fired). */
  #through: TimerRow | undefined;
  /** Set during a read of the store: what is added meanwhile may or may not be in the page. */
  #addedDuringRead: TimerRow[] | undefined;
  #wake: { readonly at: number; readonly scheduled: Scheduled } | undefined;
  #firing = 0;
  #continuing = false;
  #stopped = false;

  constructor(parts: TimerParts) {
    this.#parts = parts;
  }

  /** Timers in memory. */
  get size(): number {
    return this.#heap.size;
  }

  /** Begins to fire; what is due already comes first. Resolves once the first page is read. */
  async start(): Promise<void> {
    await this.#read();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.scheduled.cancel();
  }

  /** A timer has become durable. */
  add(row: TimerRow): void {
    this.#addedDuringRead?.push(row);
    if (this.#through === undefined || compareTimers(row, this.#through) > 0) return;
    this.#heap.push(row);
    if (this.#heap.size > 2 * this.#parts.inMemoryMax) this.#trim();
    this.#arm();
  }

  /** A timer was cleared: it may leave memory whenever that is cheap. Its due time may be later than the one it is here with. */
  forget(row: TimerRow): void {
    if (this.#through === undefined || compareTimers(row, this.#through) > 0) return;
    this.#forgotten.add(nameOf(row));
    if (this.#forgotten.size > 64 && this.#forgotten.size > this.#heap.size / 2) {
      this.#heap.retain((kept) => !this.#forgotten.has(nameOf(kept)), Infinity);
      this.#forgotten.clear();
    }
  }

  #trim(): void {
    const last = this.#heap.retain(() => true, this.#parts.inMemoryMax);
    if (last !== undefined) this.#through = last;
  }

  async #read(): Promise<void> {
    if (this.#addedDuringRead !== undefined || this.#stopped) return;
    this.#addedDuringRead = [];
    try {
      const { reader, clock, horizonMs, inMemoryMax } = this.#parts;
      const until = clock.now() + horizonMs;
      const limit = Math.min(PAGE_MAX, Math.max(1, inMemoryMax - this.#heap.size));
      const from = this.#through;
      const page = await reader.due(until, limit, from);
      const end =
        page.length < limit ? { dueAt: until, run: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER } : page.at(-1);
      const added = this.#addedDuringRead;
      const known = new Set(added.length === 0 ? [] : page.map(nameOf));
      for (const row of page) this.#heap.push(row);
      // `add` has put those up to the old position into memory; those up to the new one are still to be, unless the page had them.
      for (const row of added) {
        const wasOut = from === undefined || compareTimers(row, from) > 0;
        if (wasOut && end !== undefined && compareTimers(row, end) <= 0 && !known.has(nameOf(row)))
          this.#heap.push(row);
      }
      if (end !== undefined && (this.#through === undefined || compareTimers(end, this.#through) > 0))
        this.#through = end;
    } finally {
      this.#addedDuringRead = undefined;
    }
    this.#arm();
  }

  #arm(): void {
    if (this.#stopped) return;
    const next = this.#heap.peek();
    const now = this.#parts.clock.now();
    const reload = now + this.#parts.horizonMs / 2;
    const at = next === undefined ? reload : Math.min(next.dueAt, reload);
    if (this.#wake !== undefined && this.#wake.at <= at) return;
    this.#wake?.scheduled.cancel();
    const scheduled = this.#parts.scheduler.after(Math.max(0, at - now), () => {
      this.#wake = undefined;
      this.#fireDue();
    });
    this.#wake = { at, scheduled };
  }

  #fireDue(): void {
    const now = this.#parts.clock.now();
    let fired = 0;
    while (!this.#stopped && this.#firing < this.#parts.concurrency) {
      const next = this.#heap.peek();
      if (next === undefined || next.dueAt > now) break;
      if (fired++ >= FIRED_MAX) {
        this.#continue();
        return;
      }
      this.#heap.pop();
      if (this.#forgotten.size > 0 && this.#forgotten.delete(nameOf(next))) continue;
      this.#fire(next);
    }
    const room = this.#firing < this.#parts.concurrency;
    const through = this.#through?.dueAt ?? 0;
    if (room && through < now + this.#parts.horizonMs / 2) this.#readAgain();
    else if (room) this.#arm();
  }

  /** In the next turn, once for all that ask in this one. */
  #continue(): void {
    if (this.#continuing) return;
    this.#continuing = true;
    this.#parts.scheduler.soon(() => {
      this.#continuing = false;
      this.#fireDue();
    });
  }

  #readAgain(): void {
    failpoint("timer.reload");
    if (this.#heap.size >= this.#parts.inMemoryMax) {
      this.#arm();
      return;
    }
    this.#read().catch((error: unknown) => {
      this.#parts.warn(error);
      this.#parts.scheduler.after(1_000, () => this.#readAgain());
    });
  }

  #fire(row: TimerRow): void {
    this.#firing++;
    failpoint("timer.before-fire");
    this.#parts
      .fire(row)
      .catch((error: unknown) => this.#parts.warn(error))
      .finally(() => {
        failpoint("timer.after-fire");
        const full = this.#firing-- >= this.#parts.concurrency;
        if (full) this.#continue();
      });
  }
}

function nameOf(row: TimerRow): string {
  return `${String(row.run)}/${String(row.id)}`;
}
