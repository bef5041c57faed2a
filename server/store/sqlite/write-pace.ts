/** Share of the newest transaction in the pace: a few transactions later the pace is what it is now. */
const NEWEST_SHARE = 0.2;
/** Fewer are never asked for: the fixed cost of a transaction would be all there is. */
const WRITES_MIN = 256;

/** How long a write takes by the last transactions, so that a transaction can be as large as fits a time. */
export class WritePace {
  #msPerWrite = 0;

  /** Counts a transaction of so many writes. */
  measured(writes: number, ms: number): void {
    if (writes < WRITES_MIN) return;
    const now = ms / writes;
    this.#msPerWrite = this.#msPerWrite === 0 ? now : this.#msPerWrite + NEWEST_SHARE * (now - this.#msPerWrite);
  }

  /** How many writes are likely to fit into a time in ms; without limit before the first measurement. */
  writesIn(ms: number): number {
    return this.#msPerWrite === 0 ? Number.POSITIVE_INFINITY : Math.max(WRITES_MIN, Math.floor(ms / this.#msPerWrite));
  }
}
