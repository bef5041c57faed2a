import { createContextKey } from "@connectrpc/connect";
import type { Expectation, ResourceRow, Store, Write } from "../store/ports.ts";
import { commitRefusal } from "./commit-refusal.ts";
import type { ResourceCounts } from "./resource-counts.ts";

/*
 * Theory of operation. Everything one request writes is collected here and committed as one batch, by the request that opened the unit. A request it makes of another kind through an
 * in-process client travels with the unit in its call context: there the same pipeline runs, with all its checks and interceptors, and its Persist adds to this batch instead of
 * committing. Reads of both go through the unit first, so the instance made for a workflow finds the workflow that is not stored yet. Nothing is ever half done: there is one commit.
 */

/** Where in-process calls find the unit of work of the request they belong to. */
export const unitOfWorkKey = createContextKey<UnitOfWork | undefined>(undefined, { description: "unit of work" });

/** The writes of one request, with reads that see them. */
export class UnitOfWork {
  readonly #store: Store;
  readonly #counts: ResourceCounts;
  readonly #isDryRun: () => boolean;
  readonly #staged = new Map<string, { row: ResourceRow | undefined; expect: Expectation }>();
  readonly #gone: ResourceRow[] = [];
  readonly #others: Write[] = [];

  constructor(store: Store, counts: ResourceCounts, isDryRun: () => boolean) {
    this.#store = store;
    this.#counts = counts;
    this.#isDryRun = isDryRun;
  }

  /** True when the request is only checked: `commit` looks at the preconditions it can see and writes nothing. */
  get dryRun(): boolean {
    return this.#isDryRun();
  }

  /** Stages a resource. Staging one again replaces it and keeps what the first staging expected of the store. */
  put(row: ResourceRow, expect: Expectation): void {
    const key = keyOf(row.kind, row.id);
    this.#staged.set(key, { row, expect: this.#staged.get(key)?.expect ?? expect });
  }

  /** Stages the removal of a stored resource. */
  delete(row: ResourceRow): void {
    const key = keyOf(row.kind, row.id);
    this.#staged.set(key, { row: undefined, expect: this.#staged.get(key)?.expect ?? row.version });
    this.#gone.push(row);
  }

  /** Stages any other write or precondition. */
  add(write: Write): void {
    this.#others.push(write);
  }

  /** True when something is staged that changes the store. */
  get hasChanges(): boolean {
    return this.#staged.size > 0 || this.#others.some((write) => !isCheck(write));
  }

  /** Has the commit check that a resource this one refers to is there, or has a version; one that comes with the same commit needs no check. */
  require(kind: string, id: string, expect: Expectation = "present"): void {
    if (!this.#staged.has(keyOf(kind, id))) this.#others.push({ op: "requireResource", kind, id, expect });
  }

  /** The resource as it will be after the commit. */
  async get(kind: string, id: string): Promise<ResourceRow | undefined> {
    const staged = this.#staged.get(keyOf(kind, id));
    return staged === undefined ? this.#store.resources.get(kind, id) : staged.row;
  }

  /** All resources that will have the slug after the commit. */
  async bySlug(kind: string, slug: string, org?: string): Promise<readonly ResourceRow[]> {
    const stored = await this.#store.resources.bySlug(kind, slug, org);
    if (this.#staged.size === 0) return stored;
    const untouched = stored.filter((row) => !this.#staged.has(keyOf(kind, row.id)));
    const staged = [...this.#staged.values()].flatMap(({ row }) => (row === undefined ? [] : [row]));
    const matching = staged.filter(
      (row) => row.kind === kind && row.slug === slug && (org === undefined || row.org === org),
    );
    return [...matching, ...untouched];
  }

  /** All writes in an order whose preconditions hold: checks first, then resources in the order they were staged. */
  writes(): readonly Write[] {
    const resources = [...this.#staged].map(([key, { row, expect }]): Write => {
      if (row !== undefined) return { op: "putResource", row, expect };
      const [kind, id] = splitKey(key);
      return { op: "deleteResource", kind, id, expect };
    });
    return [...this.#others.filter(isCheck), ...resources, ...this.#others.filter((write) => !isCheck(write))];
  }

  /** Writes everything at once. Rejects with the ApiError that says which precondition failed; then nothing is written. */
  async commit(): Promise<void> {
    const writes = this.writes();
    if (writes.length === 0 || this.dryRun) return;
    try {
      await this.#store.commit(writes);
    } catch (error) {
      throw commitRefusal(error);
    }
    this.committed();
  }

  /** Says that the writes are stored, by whoever stored them. */
  committed(): void {
    for (const { row } of this.#staged.values()) if (row !== undefined) this.#counts.forget(row);
    for (const row of this.#gone) this.#counts.forget(row);
  }
}

function isCheck(write: Write): boolean {
  return write.op === "requireResource" || write.op === "requireNoActiveRuns";
}

function keyOf(kind: string, id: string): string {
  return `${kind}/${id}`;
}

function splitKey(key: string): readonly [string, string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}
