import type { Write } from "../ports.ts";
import type { Refusal } from "../refusal.ts";
import { MemoryDefinitions } from "./memory-definitions.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { MemoryRecords } from "./memory-records.ts";
import { MemoryResources } from "./memory-resources.ts";
import { MemoryRuns } from "./memory-runs.ts";
import { MemorySubscriptions } from "./memory-subscriptions.ts";
import { MemoryTimers } from "./memory-timers.ts";
import { UndoLog } from "./undo-map.ts";

/** The tables of a database in memory, written straight from the words of ports.ts and with none of the cleverness of the others: what they are compared with. */
export class MemoryTables {
  readonly #log = new UndoLog();
  readonly resources = new MemoryResources(this.#log);
  readonly definitions = new MemoryDefinitions(this.#log);
  readonly runs = new MemoryRuns(this.#log);
  readonly journal = new MemoryJournal(this.#log);
  readonly timers = new MemoryTimers(this.#log);
  readonly subscriptions = new MemorySubscriptions(this.#log);
  readonly records = new MemoryRecords(this.#log);

  /** Writes a batch, all or nothing: the refusal of the write that cannot be done, or undefined. */
  applyBatch(batch: readonly Write[]): { readonly write: Write; readonly refusal: NonNullable<Refusal> } | undefined {
    for (const write of batch) {
      const refusal = this.#apply(write);
      if (refusal === undefined) continue;
      this.#log.undo();
      return { write, refusal };
    }
    this.#log.clear();
    return undefined;
  }

  #apply(write: Write): Refusal {
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
        this.#deleteRun(write.run);
        return undefined;
      case "requireNoActiveRuns":
        return this.runs.requireNoneActive(write.workflowId, write.instanceId);
      case "append":
        return this.runs.has(write.record.run) ? this.journal.append(write.record) : { kind: "missing" };
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
        return this.#ofRun(write.run, () => this.journal.putBlob(write.run, write.digest, write.data));
      case "putRecord":
        this.records.put(write.row);
        return undefined;
      case "deleteRecord":
        this.records.delete(write.space, write.key);
        return undefined;
    }
  }

  #ofRun(run: number, write: () => void): Refusal {
    if (!this.runs.has(run)) return { kind: "missing" };
    write();
    return undefined;
  }

  #deleteRun(run: number): void {
    this.journal.deleteRun(run);
    this.timers.deleteRun(run);
    this.subscriptions.deleteRun(run);
    this.runs.delete(run);
  }
}
