import { isTerminal } from "@stigmer/core/protocol/state.ts";
import {
  type Expectation,
  isOpen,
  type Page,
  type RunChanges,
  type RunQuery,
  type RunReader,
  type RunRow,
} from "../ports.ts";
import { type Refusal, checkExpectation } from "../refusal.ts";
import { hasLabels, pageOf } from "./page.ts";
import { type UndoLog, UndoMap } from "./undo-map.ts";

/** Runs in memory. */
export class MemoryRuns implements RunReader {
  readonly #log: UndoLog;
  readonly #rows: UndoMap<number, RunRow>;
  readonly #ids: UndoMap<string, number>;
  readonly #slugs: UndoMap<string, number>;
  readonly #idempotencyKeys: UndoMap<string, number>;
  #lastKey = 0;

  constructor(log: UndoLog) {
    this.#log = log;
    this.#rows = new UndoMap(log);
    this.#ids = new UndoMap(log);
    this.#slugs = new UndoMap(log);
    this.#idempotencyKeys = new UndoMap(log);
  }

  async get(id: string): Promise<RunRow | undefined> {
    return this.#found(this.#ids.get(id));
  }

  async byKey(run: number): Promise<RunRow | undefined> {
    return this.#rows.get(run);
  }

  async byKeys(runs: readonly number[]): Promise<readonly RunRow[]> {
    return [...new Set(runs)].flatMap((run) => this.#rows.get(run) ?? []);
  }

  async bySlug(slug: string, org?: string): Promise<readonly RunRow[]> {
    const rows = this.#rows.values().filter((row) => row.slug === slug && (org === undefined || row.org === org));
    return rows.toSorted((left, right) => right.createdAt - left.createdAt || right.run - left.run);
  }

  async byIdempotencyKey(org: string, key: string): Promise<RunRow | undefined> {
    return this.#found(this.#idempotencyKeys.get(pair(org, key)));
  }

  async list(query: RunQuery): Promise<Page<RunRow>> {
    const rows = this.#rows.values().filter((row) => matches(row, query));
    return pageOf(rows, query, (row) => [row.createdAt, row.run], ["number", "number"]);
  }

  async active(after: number, limit: number): Promise<readonly RunRow[]> {
    const rows = this.#rows.values().filter((row) => row.active && row.run > after);
    return rows.toSorted((left, right) => left.run - right.run).slice(0, limit);
  }

  async countByStatus(): Promise<{ readonly [status: string]: number }> {
    const counts: Record<string, number> = {};
    for (const { status } of this.#rows.values()) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  async countOpen(workflowId: string): Promise<number> {
    return this.#rows.values().filter((row) => row.workflowId === workflowId && isOpen(row.status)).length;
  }

  async lastKey(): Promise<number> {
    return this.#lastKey;
  }

  async endedBefore(endedBefore: number, limit: number): Promise<readonly RunRow[]> {
    const endOf = (row: RunRow): number => row.endedAt ?? Number.POSITIVE_INFINITY;
    const rows = this.#rows.values().filter((row) => !row.active && endOf(row) < endedBefore);
    return rows.toSorted((left, right) => endOf(left) - endOf(right) || left.run - right.run).slice(0, limit);
  }

  has(run: number): boolean {
    return this.#rows.has(run);
  }

  put(row: RunRow): Refusal {
    const holder = this.#ids.get(row.id) ?? (this.#rows.has(row.run) ? row.run : undefined);
    if (holder !== undefined) return { kind: "idExists", existing: this.#rows.get(holder)?.id ?? row.id };
    const refusal = this.#inTheWay(row);
    if (refusal !== undefined) return refusal;
    this.#write(row);
    this.#ids.set(row.id, row.run);
    const lastKey = this.#lastKey;
    this.#log.push(() => (this.#lastKey = lastKey));
    this.#lastKey = Math.max(lastKey, row.run);
    return undefined;
  }

  update(run: number, changes: RunChanges, expect: Expectation = "present"): Refusal {
    const old = this.#rows.get(run);
    const refusal = checkExpectation(expect, old?.version, old?.id ?? String(run));
    if (refusal !== undefined || old === undefined) return refusal;
    const changed = changedRow(old, changes);
    const conflict = this.#inTheWay(changed);
    if (conflict !== undefined) return conflict;
    this.#forgetKeys(old);
    this.#write(changed);
    return undefined;
  }

  delete(run: number): void {
    const old = this.#rows.get(run);
    if (old === undefined) return;
    this.#forgetKeys(old);
    this.#ids.delete(old.id);
    this.#rows.delete(run);
  }

  requireNoneActive(workflowId: string | undefined, instanceId: string | undefined): Refusal {
    const inTheWay = this.#rows
      .values()
      .find(
        (row) =>
          (row.status === "quarantined" || !isTerminal(row.status)) &&
          (workflowId === undefined || row.workflowId === workflowId) &&
          (instanceId === undefined || row.instanceId === instanceId),
      );
    return inTheWay === undefined ? undefined : { kind: "activeRuns", existing: inTheWay.id };
  }

  #found(run: number | undefined): RunRow | undefined {
    return run === undefined ? undefined : this.#rows.get(run);
  }

  #inTheWay(row: RunRow): Refusal {
    const byKey =
      row.idempotencyKey === undefined ? undefined : this.#idempotencyKeys.get(pair(row.org, row.idempotencyKey));
    if (byKey !== undefined && byKey !== row.run)
      return { kind: "idempotencyKey", existing: this.#rows.get(byKey)?.id ?? "" };
    const bySlug = this.#slugs.get(pair(row.org, row.slug));
    if (bySlug !== undefined && bySlug !== row.run)
      return { kind: "slugExists", existing: this.#rows.get(bySlug)?.id ?? "" };
    return undefined;
  }

  #write(row: RunRow): void {
    this.#rows.set(row.run, row);
    this.#slugs.set(pair(row.org, row.slug), row.run);
    if (row.idempotencyKey !== undefined) this.#idempotencyKeys.set(pair(row.org, row.idempotencyKey), row.run);
  }

  #forgetKeys(row: RunRow): void {
    this.#slugs.delete(pair(row.org, row.slug));
    if (row.idempotencyKey !== undefined) this.#idempotencyKeys.delete(pair(row.org, row.idempotencyKey));
  }
}

/** A run after changes: null clears a member, and every change is a new version. */
function changedRow(old: RunRow, changes: RunChanges): RunRow {
  const row: Record<string, unknown> = { ...old, version: old.version + 1 };
  for (const [member, value] of Object.entries(changes)) {
    if (value === null) delete row[member];
    else if (value !== undefined) row[member] = value;
  }
  return row as unknown as RunRow;
}

function matches(row: RunRow, query: RunQuery): boolean {
  return (
    (query.org === undefined || row.org === query.org) &&
    (query.workflowId === undefined || row.workflowId === query.workflowId) &&
    (query.instanceId === undefined || row.instanceId === query.instanceId) &&
    (query.statuses === undefined || query.statuses.includes(row.status)) &&
    (query.createdFrom === undefined || row.createdAt >= query.createdFrom) &&
    (query.createdBefore === undefined || row.createdAt < query.createdBefore) &&
    hasLabels(row.labels, query.labels)
  );
}

function pair(left: string, right: string): string {
  return `${left}\0${right}`;
}
