import type { ResourceReader, ResourceRow } from "../store/ports.ts";

const PARENTS_MAX = 10_000;

/**
 * How many resources a parent has, which page numbers need and no index answers at once. Counted when asked for and kept until a write changes it; the server is the one writer of its store.
 */
export class ResourceCounts {
  readonly #reader: Pick<ResourceReader, "count">;
  readonly #counts = new Map<string, number>();
  /** Grows with each change, so that a count that was under way then is not kept. */
  #changes = 0;

  constructor(reader: Pick<ResourceReader, "count">) {
    this.#reader = reader;
  }

  async of(kind: string, parent: string): Promise<number> {
    const key = `${kind}/${parent}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const changes = this.#changes;
    const count = await this.#reader.count({ kind, parent });
    if (changes === this.#changes) {
      if (this.#counts.size >= PARENTS_MAX) this.#counts.clear();
      this.#counts.set(key, count);
    }
    return count;
  }

  /** A resource of a parent came or went. */
  forget({ kind, parent }: Pick<ResourceRow, "kind" | "parent">): void {
    if (parent === undefined) return;
    this.#changes += 1;
    this.#counts.delete(`${kind}/${parent}`);
  }
}
