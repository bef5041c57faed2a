/** Changes of a batch in the order they were made, each with the way back. */
export class UndoLog {
  #steps: (() => void)[] = [];

  /** Remembers how to take a change back. */
  push(step: () => void): void {
    this.#steps.push(step);
  }

  /** Takes back all changes since the last `clear`, the last first. */
  undo(): void {
    for (const step of this.#steps.reverse()) step();
    this.#steps = [];
  }

  /** The changes stay. */
  clear(): void {
    if (this.#steps.length > 0) this.#steps = [];
  }
}

/** A map whose changes can be taken back. */
export class UndoMap<Key, Value> {
  readonly #log: UndoLog;
  readonly #map = new Map<Key, Value>();

  constructor(log: UndoLog) {
    this.#log = log;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  values(): Value[] {
    return [...this.#map.values()];
  }

  entries(): [Key, Value][] {
    return [...this.#map.entries()];
  }

  set(key: Key, value: Value): void {
    const before = this.#map.get(key);
    const had = this.#map.has(key);
    this.#map.set(key, value);
    this.#log.push(() => (had ? this.#map.set(key, before as Value) : this.#map.delete(key)));
  }

  delete(key: Key): void {
    const before = this.#map.get(key);
    if (this.#map.delete(key)) this.#log.push(() => this.#map.set(key, before as Value));
  }
}
