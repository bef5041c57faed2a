import type { Write } from "../ports.ts";
import type { Refusal } from "../refusal.ts";
import { SqliteBlobs } from "./blobs.ts";
import type { Connection } from "./database.ts";
import { SqliteDefinitions } from "./definitions.ts";
import { SqliteJournal } from "./journal.ts";
import { SqliteRecords } from "./records.ts";
import { SqliteResources } from "./resources.ts";
import { RunFacts } from "./run-facts.ts";
import { SqliteRuns } from "./runs.ts";
import { SqliteSubscriptions } from "./subscriptions.ts";
import { SqliteTimers } from "./timers.ts";

/** The tables of a database, each behind its port. */
export class SqliteTables {
  readonly facts: RunFacts;
  readonly resources: SqliteResources;
  readonly definitions: SqliteDefinitions;
  readonly runs: SqliteRuns;
  readonly journal: SqliteJournal;
  readonly timers: SqliteTimers;
  readonly subscriptions: SqliteSubscriptions;
  readonly records: SqliteRecords;
  readonly blobs: SqliteBlobs;

  constructor(connection: Connection) {
    this.facts = new RunFacts(connection);
    this.resources = new SqliteResources(connection);
    this.definitions = new SqliteDefinitions(connection);
    this.runs = new SqliteRuns(connection, this.facts);
    this.blobs = new SqliteBlobs(connection);
    this.journal = new SqliteJournal(connection, this.facts, this.blobs);
    this.timers = new SqliteTimers(connection);
    this.subscriptions = new SqliteSubscriptions(connection);
    this.records = new SqliteRecords(connection);
  }

  /** Tells whether a write only checks. */
  static isCheck(write: Write): boolean {
    return write.op === "requireResource" || write.op === "requireNoActiveRuns";
  }

  /** Carries out one write in the open transaction, or tells why not, having changed nothing. */
  apply(write: Write): Refusal {
    switch (write.op) {
      case "putResource":
        return this.resources.put(write.row, write.expect);
      case "deleteResource":
        return this.resources.delete(write.kind, write.id, write.expect);
      case "requireResource":
        return this.resources.require(write.kind, write.id, write.expect);
      case "putDefinition":
        return this.definitions.put(write.row);
      case "deleteDefinitions":
        this.definitions.delete(write.workflowId);
        return undefined;
      case "putRun":
        return this.runs.put(write.row);
      case "updateRun":
        return this.runs.update(write.run, write.changes, write.expect);
      case "deleteRun":
        return this.#deleteRun(write.run);
      case "requireNoActiveRuns":
        return this.runs.requireNoneActive(write.workflowId, write.instanceId);
      case "append":
        return this.journal.append(write.record);
      case "putSnapshot":
        return this.#ofRun(write.row.run, () => this.journal.putSnapshot(write.row));
      case "putTimer":
        return this.#ofRun(write.row.run, () => this.timers.put(write.row));
      case "deleteTimer":
        this.timers.delete(write.row);
        return undefined;
      case "putSubscription":
        return this.#ofRun(write.row.run, () => this.subscriptions.put(write.row));
      case "deleteSubscription":
        this.subscriptions.delete(write.run, write.id);
        return undefined;
      case "putBlob":
        return this.#ofRun(write.run, () => this.blobs.put(write.run, write.digest, write.data));
      case "putRecord":
        this.records.put(write.row);
        return undefined;
      case "deleteRecord":
        this.records.delete(write.space, write.key);
        return undefined;
    }
  }

  /** Rows of a run need the run, or nothing would ever remove them. */
  #ofRun(run: number, write: () => void): Refusal {
    if (this.facts.get(run) === undefined) return { kind: "missing" };
    write();
    return undefined;
  }

  #deleteRun(run: number): Refusal {
    this.journal.deleteRun(run);
    this.blobs.deleteRun(run);
    this.timers.deleteRun(run);
    this.subscriptions.deleteRun(run);
    this.runs.delete(run);
    return undefined;
  }
}
