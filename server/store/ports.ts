import type { Json } from "@stigmer/core/lib/json.ts";
import { isTerminal, type RunStatus } from "@stigmer/core/protocol/state.ts";

/*
 * What the server needs of a database. Writes are data with preconditions, so that one group commit carries the writes of many requests and runs, each batch all or nothing,
 * and a store elsewhere (PostgreSQL) can carry them out in one round trip. Reads see every acknowledged write.
 */

/** What a write demands of the row it replaces. A number is the `version` the row must have. */
export type Expectation = "absent" | "present" | "any" | number;

/** A stored API resource of any kind but execution. Times are epoch ms. */
export interface ResourceRow {
  readonly kind: string;
  readonly id: string;
  readonly org: string;
  readonly slug: string;
  readonly scope: number;
  /** Id of the resource this one belongs to (the workflow of an instance, the agent of an agent instance). */
  readonly parent?: string;
  /** Second lookup key where a kind has one: `<namespace>/<name>` of a workflow's document. */
  readonly lookup?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Grows by one with each write: `metadata.resource_version`. */
  readonly version: number;
  readonly labels: { readonly [key: string]: string };
  /** Protobuf binary of the whole resource. */
  readonly data: Uint8Array;
}

/** An immutable definition of a workflow. */
export interface DefinitionRow {
  readonly workflowId: string;
  /** 1, 2, 3 ... per workflow. */
  readonly revision: number;
  readonly digest: string;
  /** `document.version`. */
  readonly version: string;
  readonly createdAt: number;
  /** The source as applied (YAML or JSON). */
  readonly source: string;
  /** The document as canonical JSON: what runs execute. */
  readonly document: string;
}

/** One workflow execution: its resource and the projection of its state that lists and lookups need. */
export interface RunRow {
  /** Integer key of journal, timers and subscriptions; ascending in order of creation. */
  readonly run: number;
  readonly id: string;
  readonly org: string;
  readonly slug: string;
  readonly workflowId: string;
  readonly instanceId: string;
  readonly digest: string;
  readonly status: RunStatus | "quarantined";
  /** Why it is quarantined, or the operator's reason for the last control. */
  readonly reason?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly idempotencyKey?: string;
  readonly parentRun?: number;
  readonly parentCommand?: number;
  readonly labels: { readonly [key: string]: string };
  /** Protobuf binary of the WorkflowExecution as created (metadata and spec). */
  readonly data: Uint8Array;
  /** JSON text of output and fault of an ended run. */
  readonly output?: string;
  readonly fault?: string;
  /** Sequence number of the last journal record. */
  readonly head: number;
  /** True while activities, yields or undispatched commands are under way: what recovery loads at start. */
  readonly active: boolean;
  /** Grows with each write: `metadata.resource_version`. */
  readonly version: number;
}

/** Whether a run of this status has yet to end. A quarantined one neither goes on nor ends by itself: it is not open. */
export function isOpen(status: RunRow["status"]): boolean {
  return status !== "quarantined" && !isTerminal(status);
}

/** One journal record. `seq` starts at 1 and has no gap; `chain` is the hash chain of the run up to and including this record. */
export interface JournalRecord {
  readonly run: number;
  readonly seq: number;
  readonly at: number;
  /** JSON text of the fact. */
  readonly data: string;
  /** CRC-32 of `data`. */
  readonly crc: number;
  readonly chain: string;
}

/** State of a run at a journal position, as JSON text. */
export interface SnapshotRow {
  readonly run: number;
  readonly seq: number;
  readonly data: string;
  readonly crc: number;
  readonly chain: string;
}

/** What a run is brought back from: its snapshot, and the records after it as far as they were read. */
export interface JournalTail {
  readonly snapshot?: SnapshotRow;
  readonly records: readonly JournalRecord[];
}

/** A durable timer; its run has only one with the id. `dueAt` is by the wall clock, which may be behind the time of the run (see `leadOf` of the engine). */
export interface TimerRow {
  readonly dueAt: number;
  readonly run: number;
  readonly id: number;
}

/** A subscription to CloudEvents. `keys` are what an event is looked up by (see server/events): an exact type or `*`, with a correlation value where there is one. */
export interface SubscriptionRow {
  readonly run: number;
  readonly id: number;
  readonly org: string;
  readonly keys: readonly string[];
  /** JSON text of the filters. */
  readonly filters: string;
}

/** Small durable state of other parts (schedules, cursors, settings): a value by space and key. */
export interface RecordRow {
  readonly space: string;
  readonly key: string;
  readonly value: string;
}

/** The changes a run update may make: everything but its identity. */
export type RunChanges = {
  readonly [K in keyof Omit<RunRow, "run" | "id" | "workflowId" | "version" | "createdAt">]?: RunRow[K] | null;
};

/**
 * One write of a batch. Writes apply in order and see those before them. Rows of a run (journal, snapshot, timers, subscriptions) need the run: otherwise `missing`.
 * Deleting what is not there is no conflict, unless `expect` says so.
 */
export type Write =
  | { readonly op: "putResource"; readonly row: ResourceRow; readonly expect: Expectation }
  | { readonly op: "deleteResource"; readonly kind: string; readonly id: string; readonly expect: Expectation }
  | { readonly op: "putDefinition"; readonly row: DefinitionRow }
  | { readonly op: "deleteDefinitions"; readonly workflowId: string }
  | { readonly op: "putRun"; readonly row: RunRow }
  | { readonly op: "updateRun"; readonly run: number; readonly changes: RunChanges; readonly expect?: Expectation }
  /** Removes the run with its journal, snapshot, timers, subscriptions and the large values that no other run has. */
  | { readonly op: "deleteRun"; readonly run: number }
  | { readonly op: "append"; readonly record: JournalRecord }
  | { readonly op: "putSnapshot"; readonly row: SnapshotRow }
  | { readonly op: "putTimer"; readonly row: TimerRow }
  /** Removes the timer of the run with the id; `dueAt` is where it is most likely found. */
  | { readonly op: "deleteTimer"; readonly row: TimerRow }
  | { readonly op: "putSubscription"; readonly row: SubscriptionRow }
  | { readonly op: "deleteSubscription"; readonly run: number; readonly id: number }
  /** A large value of a run; it goes with the last run that has it. */
  | { readonly op: "putBlob"; readonly run: number; readonly digest: string; readonly data: Uint8Array }
  | { readonly op: "putRecord"; readonly row: RecordRow }
  | { readonly op: "deleteRecord"; readonly space: string; readonly key: string }
  /** Refuses the batch unless the row is there: references that must exist at commit. */
  | { readonly op: "requireResource"; readonly kind: string; readonly id: string; readonly expect: Expectation }
  /** Refuses the batch while the workflow (or instance) has runs that have not ended. */
  | { readonly op: "requireNoActiveRuns"; readonly workflowId?: string; readonly instanceId?: string };

/** Which precondition a refused batch failed; `existing` is the id of the row in the way. */
export interface Conflict {
  readonly kind: "idExists" | "slugExists" | "missing" | "version" | "idempotencyKey" | "activeRuns" | "journalGap";
  readonly write: Write;
  readonly existing?: string;
}

/** Thrown by `commit` when a precondition does not hold; nothing of the batch was written. */
export class CommitConflict extends Error {
  override readonly name = "CommitConflict";
  readonly conflict: Conflict;

  constructor(conflict: Conflict) {
    super(`Cannot commit: ${conflict.kind} (${conflict.write.op})`);
    this.conflict = conflict;
  }
}

/** Thrown by `commit` when the queue is full (`overloaded`: nothing written, try again), the disk is full (`diskFull`), or the store has failed and must not be used any more (`failed`). */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  readonly reason: "overloaded" | "diskFull" | "closed" | "failed";

  constructor(reason: "overloaded" | "diskFull" | "closed" | "failed", message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Thrown by a read when the database itself finds that its file is damaged: nothing can be said of what was asked for. `cause` is what it said. */
export class StoreDamaged extends Error {
  override readonly name = "StoreDamaged";

  constructor(cause: Error) {
    super(
      `Cannot read the database: its file is damaged (${cause.message}), "stigmer doctor" tells what is lost; stop the server and restore a backup`,
      { cause },
    );
  }
}

/** Thrown by a list whose cursor is not one that the same query gave: of another query, cut short, or made up. */
export class InvalidCursor extends Error {
  override readonly name = "InvalidCursor";

  constructor() {
    super("Cannot continue the list: the cursor does not belong to this query, use one that the same query returned");
  }
}

/** A page of a list: rows newest first, and the cursor of the next page. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next?: string;
}

/** What a resource list may be narrowed by. All conditions hold. */
export interface ResourceQuery {
  readonly kind: string;
  readonly org?: string;
  readonly parent?: string;
  readonly labels?: { readonly [key: string]: string };
  readonly limit: number;
  readonly cursor?: string;
}

/** What a run list may be narrowed by. All conditions hold. */
export interface RunQuery {
  readonly org?: string;
  readonly workflowId?: string;
  readonly instanceId?: string;
  readonly statuses?: readonly RunRow["status"][];
  readonly createdFrom?: number;
  readonly createdBefore?: number;
  readonly labels?: { readonly [key: string]: string };
  readonly limit: number;
  readonly cursor?: string;
}

/** Reads of resources. */
export interface ResourceReader {
  get(kind: string, id: string): Promise<ResourceRow | undefined>;
  /** All matches of a slug: one when `org` is given; several when it is not and orgs share the slug. */
  bySlug(kind: string, slug: string, org?: string): Promise<readonly ResourceRow[]>;
  byLookup(kind: string, lookup: string, org: string): Promise<readonly ResourceRow[]>;
  list(query: ResourceQuery): Promise<Page<ResourceRow>>;
  count(query: Omit<ResourceQuery, "limit" | "cursor">): Promise<number>;
}

/** Reads of workflow definitions. */
export interface DefinitionReader {
  byDigest(digest: string): Promise<DefinitionRow | undefined>;
  byRevision(workflowId: string, revision: number): Promise<DefinitionRow | undefined>;
  list(workflowId: string, limit: number, cursor?: string): Promise<Page<DefinitionRow>>;
}

/** Reads of runs. */
export interface RunReader {
  get(id: string): Promise<RunRow | undefined>;
  byKey(run: number): Promise<RunRow | undefined>;
  /** The runs with any of the keys, in any order: one query for many costs a fraction of as many queries. */
  byKeys(runs: readonly number[]): Promise<readonly RunRow[]>;
  bySlug(slug: string, org?: string): Promise<readonly RunRow[]>;
  byIdempotencyKey(org: string, key: string): Promise<RunRow | undefined>;
  list(query: RunQuery): Promise<Page<RunRow>>;
  /** Active runs with a key above `after`, ascending: what recovery loads. */
  active(after: number, limit: number): Promise<readonly RunRow[]>;
  countByStatus(): Promise<{ readonly [status: string]: number }>;
  /** How many runs of the workflow have not ended, at a cost that does not grow with them. */
  countOpen(workflowId: string): Promise<number>;
  lastKey(): Promise<number>;
  /** Ended runs with nothing under way whose `endedAt` is before the given time, oldest first: what retention removes. */
  endedBefore(endedBefore: number, limit: number): Promise<readonly RunRow[]>;
}

/** Reads of the journal. */
export interface JournalReader {
  /** Records of one run from `fromSeq` on, ascending. */
  read(run: number, fromSeq: number, limit: number): Promise<readonly JournalRecord[]>;
  snapshot(run: number): Promise<SnapshotRow | undefined>;
  /** The tails of several runs. At most `limit` records in all: the last of a run, or all of them, may not be among them, so who needs a record has to see that it is there. */
  tails(runs: readonly number[], limit: number): Promise<ReadonlyMap<number, JournalTail>>;
  blob(digest: string): Promise<Uint8Array | undefined>;
}

/** Reads of timers. */
export interface TimerReader {
  /** Timers due at or before `dueAt` after the given position, in order of due time. */
  due(dueAt: number, limit: number, after?: TimerRow): Promise<readonly TimerRow[]>;
  count(): Promise<number>;
}

/** Reads of event subscriptions. */
export interface SubscriptionReader {
  /** Subscriptions of the organization under any of the keys, in order of run and id. */
  byKeys(
    org: string,
    keys: readonly string[],
    limit: number,
    after?: { readonly run: number; readonly id: number },
  ): Promise<readonly SubscriptionRow[]>;
  /** Distinct correlation expressions in use, so that an event's keys can be computed once. */
  byRun(run: number): Promise<readonly SubscriptionRow[]>;
}

/** Reads of small records. */
export interface RecordReader {
  get(space: string, key: string): Promise<string | undefined>;
  list(space: string, prefix?: string): Promise<readonly RecordRow[]>;
  /** All keys of a space in order, without their values: for spaces that may be large. */
  keys(space: string): Promise<readonly string[]>;
}

/** What `doctor` and health checks report. */
export interface StoreHealth {
  readonly healthy: boolean;
  readonly description: string;
  readonly details: { readonly [key: string]: Json };
}

/** A database: readers, and one door for writes. */
export interface Store {
  readonly resources: ResourceReader;
  readonly definitions: DefinitionReader;
  readonly runs: RunReader;
  readonly journal: JournalReader;
  readonly timers: TimerReader;
  readonly subscriptions: SubscriptionReader;
  readonly records: RecordReader;
  /**
   * Writes a batch, all or nothing, and resolves once it is durable (fsynced). Batches of one turn share one transaction in the order of the calls.
   * Rejects with CommitConflict or StoreUnavailable.
   */
  commit(batch: readonly Write[]): Promise<void>;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}
