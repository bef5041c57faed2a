/** Tells those who follow a run that a foreign runner has reported something: such reports are in no journal. */
export class Reports {
  readonly #waiting = new Map<string, Set<() => void>>();

  readonly #ending = new Set<string>();

  /** Does work that ends a run because a runner has reported so: its followers are shown the reported end, not how the engine got out of the way. */
  async ending<T>(runId: string, work: () => Promise<T>): Promise<T> {
    this.#ending.add(runId);
    try {
      return await work();
    } finally {
      this.#ending.delete(runId);
      this.notify(runId);
    }
  }

  /** Whether the end of a run is just being reported. */
  isEnding(runId: string): boolean {
    return this.#ending.has(runId);
  }

  /** Something was reported, and is stored. */
  notify(runId: string): void {
    for (const wake of this.#waiting.get(runId) ?? []) wake();
  }

  /** Calls `wake` at each report until the answer is called. */
  follow(runId: string, wake: () => void): () => void {
    const waiting = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiting.add(wake));
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
    };
  }
}
