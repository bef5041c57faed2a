import assert from "node:assert/strict";
import {
  type Conflict,
  CommitConflict,
  type JournalRecord,
  type ResourceRow,
  type RunRow,
  type Store,
  type SubscriptionRow,
  type Write,
} from "../ports.ts";

/** One thing every store must do. */
export interface StoreCase {
  readonly name: string;
  run(store: Store): Promise<void>;
}

/** A resource with members of one's choice. */
export function resource(id: string, members: Partial<ResourceRow> = {}): ResourceRow {
  const row = { kind: "workflow", id, org: "acme", slug: id, scope: 1, createdAt: 1000, updatedAt: 1000, version: 1 };
  return { ...row, labels: {}, data: Uint8Array.of(1, 2, 3), ...members };
}

/** A run with members of one's choice. */
export function run(key: number, members: Partial<RunRow> = {}): RunRow {
  const identity = { run: key, id: `run-${key}`, org: "acme", slug: `slug-${key}`, workflowId: "w", instanceId: "i" };
  const state = { digest: "d", status: "running", createdAt: 1000 + key, head: 0, active: true, version: 1 } as const;
  return { ...identity, ...state, labels: {}, data: Uint8Array.of(key % 256), ...members };
}

/** A journal record with members of one's choice. */
export function record(key: number, seq: number, members: Partial<JournalRecord> = {}): JournalRecord {
  return {
    run: key,
    seq,
    at: 5000 + seq,
    data: `{"seq":${seq}}`,
    crc: 4_000_000_000,
    chain: `chain-${seq}`,
    ...members,
  };
}

/** A subscription with members of one's choice. */
export function subscription(key: number, id: number, members: Partial<SubscriptionRow> = {}): SubscriptionRow {
  return { run: key, id, org: "acme", keys: ["paid"], filters: "[]", ...members };
}

/** Write of a resource, by default a new one. */
export function putResource(row: ResourceRow, expect: "absent" | "present" | "any" | number = "absent"): Write {
  return { op: "putResource", row, expect };
}

/** Write of a new run. */
export function putRun(row: RunRow): Write {
  return { op: "putRun", row };
}

/** Write of a journal record. */
export function append(row: JournalRecord): Write {
  return { op: "append", record: row };
}

/** Asserts that a commit is refused by a precondition, and by which. */
export async function assertConflict(commit: Promise<void>, want: Pick<Conflict, "kind" | "existing">): Promise<void> {
  const error = await commit.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CommitConflict, `the commit was not refused with a conflict but gave ${String(error)}`);
  const { kind, existing } = error.conflict;
  assert.deepEqual({ kind, existing }, { existing: undefined, ...want });
}
