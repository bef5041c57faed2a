import type { Expectation, Page, ResourceQuery, ResourceReader, ResourceRow } from "../ports.ts";
import { type Refusal, checkExpectation } from "../refusal.ts";
import { compareText } from "../text-order.ts";
import { hasLabels, pageOf } from "./page.ts";
import { type UndoLog, UndoMap } from "./undo-map.ts";

/** Resources in memory. */
export class MemoryResources implements ResourceReader {
  readonly #rows: UndoMap<string, ResourceRow>;
  readonly #slugs: UndoMap<string, string>;

  constructor(log: UndoLog) {
    this.#rows = new UndoMap(log);
    this.#slugs = new UndoMap(log);
  }

  async get(kind: string, id: string): Promise<ResourceRow | undefined> {
    return this.#rows.get(keyOf(kind, id));
  }

  async bySlug(kind: string, slug: string, org?: string): Promise<readonly ResourceRow[]> {
    return this.#newestFirst((row) => row.kind === kind && row.slug === slug && (org === undefined || row.org === org));
  }

  async byLookup(kind: string, lookup: string, org: string): Promise<readonly ResourceRow[]> {
    return this.#newestFirst((row) => row.kind === kind && row.lookup === lookup && row.org === org);
  }

  async list(query: ResourceQuery): Promise<Page<ResourceRow>> {
    const rows = this.#rows.values().filter((row) => matches(row, query));
    return pageOf(rows, query, (row) => [row.createdAt, row.id], ["number", "string"]);
  }

  async count(query: Omit<ResourceQuery, "limit" | "cursor">): Promise<number> {
    return this.#rows.values().filter((row) => matches(row, query)).length;
  }

  put(row: ResourceRow, expect: Expectation): Refusal {
    const old = this.#rows.get(keyOf(row.kind, row.id));
    const refusal = checkExpectation(expect, old?.version, row.id);
    if (refusal !== undefined) return refusal;
    const slug = keyOf(row.kind, row.slug, row.org);
    const holder = this.#slugs.get(slug);
    if (holder !== undefined && holder !== row.id) return { kind: "slugExists", existing: holder };
    if (old !== undefined) this.#slugs.delete(keyOf(old.kind, old.slug, old.org));
    this.#slugs.set(slug, row.id);
    this.#rows.set(keyOf(row.kind, row.id), row);
    return undefined;
  }

  delete(kind: string, id: string, expect: Expectation): Refusal {
    const old = this.#rows.get(keyOf(kind, id));
    const refusal = checkExpectation(expect, old?.version, id);
    if (refusal !== undefined || old === undefined) return refusal;
    this.#slugs.delete(keyOf(kind, old.slug, old.org));
    this.#rows.delete(keyOf(kind, id));
    return undefined;
  }

  require(kind: string, id: string, expect: Expectation): Refusal {
    return checkExpectation(expect, this.#rows.get(keyOf(kind, id))?.version, id);
  }

  #newestFirst(matching: (row: ResourceRow) => boolean): readonly ResourceRow[] {
    const rows = this.#rows.values().filter(matching);
    return rows.toSorted((left, right) => right.createdAt - left.createdAt || compareText(right.id, left.id));
  }
}

function matches(row: ResourceRow, query: Omit<ResourceQuery, "limit" | "cursor">): boolean {
  return (
    row.kind === query.kind &&
    (query.org === undefined || row.org === query.org) &&
    (query.parent === undefined || row.parent === query.parent) &&
    hasLabels(row.labels, query.labels)
  );
}

function keyOf(...parts: readonly string[]): string {
  return parts.join("\0");
}
