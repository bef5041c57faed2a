/** First come, first served within an owner; owners take turns, so that a run with ten thousand branches does not hold up the others. */
export class FairQueue<Item> {
  readonly #lines = new Map<number, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(owner: number, item: Item): void {
    const line = this.#lines.get(owner);
    if (line === undefined) this.#lines.set(owner, [item]);
    else line.push(item);
    this.#size++;
  }

  /** The next item; its owner goes to the end of the round. */
  take(): Item | undefined {
    for (const [owner, line] of this.#lines) {
      const item = line.shift();
      this.#lines.delete(owner);
      if (line.length > 0) this.#lines.set(owner, line);
      if (item === undefined) continue;
      this.#size--;
      return item;
    }
    return undefined;
  }
}
