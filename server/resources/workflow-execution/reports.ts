/** Tells those who follow a run that a foreign runner has reported something: such reports are in no journal. */
export class Reports {
  readonly #waiting = new Map<string, Set<() => void>>();

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
