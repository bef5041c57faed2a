import { encodeSnapshot } from "../../engine/embedded/journal-record.ts";
import type { SnapshotContent } from "../../engine/embedded/snapshot.ts";
import { CommitConflict, type Store, StoreUnavailable, type Write } from "../../store/ports.ts";
import { isRecord } from "./is-record.ts";
import type { Mutant } from "./mutant.ts";

type Commit = (batch: readonly Write[], commit: Store["commit"]) => Promise<void>;

/** A fault between the engine and its store. */
function inCommit(name: string, faulty: () => Commit): Mutant {
  return {
    name,
    ports: (ports) => {
      const mutated = faulty();
      const { store } = ports;
      return { ...ports, store: { ...store, commit: (batch) => mutated(batch, (writes) => store.commit(writes)) } };
    },
  };
}

/** Writes that are forgotten. */
function forgets(name: string, forgotten: (write: Write) => boolean): Mutant {
  return inCommit(name, () => (batch, commit) => commit(batch.filter((write) => !forgotten(write))));
}

/** Writes that are made wrongly. */
function garbles(name: string, garble: (write: Write) => Write): Mutant {
  return inCommit(name, () => (batch, commit) => commit(batch.map(garble)));
}

/** A failure that is taken for a success. */
function swallows(name: string, swallowed: (error: unknown) => boolean): Mutant {
  return inCommit(name, () => async (batch, commit) => {
    try {
      await commit(batch);
    } catch (error) {
      if (!swallowed(error)) throw error;
    }
  });
}

/** Faults in what the engine writes. */
export const storeMutants: readonly Mutant[] = [
  inCommit("acknowledges before it is durable", () => (batch, commit) => {
    commit(batch).catch(() => undefined);
    return Promise.resolve();
  }),
  inCommit("commits a batch in two parts", () => async (batch, commit) => {
    const middle = Math.ceil(batch.length / 2);
    await commit(batch.slice(0, middle));
    if (middle < batch.length) await commit(batch.slice(middle));
  }),
  inCommit("commits its batches out of order", () => {
    let held: Promise<void> | undefined;
    return async (batch, commit) => {
      if (held === undefined && batch.some(({ op }) => op === "updateRun")) {
        held = Promise.resolve();
        for (let turn = 0; turn < 3; turn++) await Promise.resolve();
        const later = commit(batch.filter(({ op }) => op !== "append"));
        later.catch(() => undefined);
        await commit(batch.filter(({ op }) => op === "append"));
        return later;
      }
      return commit(batch);
    };
  }),
  swallows(
    "takes a failed disk for a success",
    (error) => error instanceof StoreUnavailable && error.reason === "failed",
  ),
  swallows(
    "takes a full disk for a success",
    (error) => error instanceof StoreUnavailable && error.reason === "diskFull",
  ),
  swallows("takes a conflict for a success", (error) => error instanceof CommitConflict),
  inCommit("commits again after a failure", () => async (batch, commit) => {
    try {
      await commit(batch);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || error.reason !== "diskFull") throw error;
      await commit(batch.filter(({ op }) => op !== "append"));
    }
  }),
  forgets("does not store timers", ({ op }) => op === "putTimer"),
  forgets("does not delete timers", ({ op }) => op === "deleteTimer"),
  forgets("does not store subscriptions", ({ op }) => op === "putSubscription"),
  forgets("does not delete subscriptions", ({ op }) => op === "deleteSubscription"),
  forgets("does not store what it owes", (write) => isRecord(write, "putRecord", "outbox")),
  forgets("does not delete what it has paid", (write) => isRecord(write, "deleteRecord", "outbox")),
  forgets("does not store intents", (write) => isRecord(write, "putRecord", "intents")),
  forgets("does not store secrets", (write) => isRecord(write, "putRecord", "run-secrets")),
  forgets("does not store blobs", ({ op }) => op === "putBlob"),
  forgets(
    "does not journal timers",
    (write) => write.op === "append" && write.record.data.startsWith('{"type":"timerFired"'),
  ),
  garbles("says that no run is active", (write) =>
    write.op === "putRun"
      ? { ...write, row: { ...write.row, active: false } }
      : write.op === "updateRun"
        ? { ...write, changes: { ...write.changes, active: false } }
        : write,
  ),
  garbles("forgets idempotency keys", (write) => {
    if (write.op !== "putRun") return write;
    const { idempotencyKey: _forgotten, ...row } = write.row;
    return { ...write, row };
  }),
  garbles("does not move the head", (write) => {
    if (write.op !== "updateRun") return write;
    const { head: _stale, ...changes } = write.changes;
    return { ...write, changes };
  }),
  garbles("does not write the status", (write) => {
    if (write.op !== "updateRun") return write;
    const { status: _stale, ...changes } = write.changes;
    return { ...write, changes };
  }),
  garbles("forgets in snapshots which events it gave", (write) => {
    if (write.op !== "putSnapshot") return write;
    const content = JSON.parse(write.row.data) as SnapshotContent;
    const forgetful = { ...content, memory: { ...content.memory, delivered: {} } };
    return { op: "putSnapshot", row: encodeSnapshot(write.row, JSON.stringify(forgetful)) };
  }),
  garbles("stores the first filter of a subscription only", (write) => {
    if (write.op !== "putSubscription") return write;
    const [first] = JSON.parse(write.row.filters) as readonly unknown[];
    return { op: "putSubscription", row: { ...write.row, filters: JSON.stringify([first]) } };
  }),
  inCommit("snapshots a state that is out of date", () => {
    const last = new Map<number, string>();
    return (batch, commit) =>
      commit(
        batch.map((write) => {
          if (write.op !== "putSnapshot") return write;
          const stale = last.get(write.row.run) ?? write.row.data;
          last.set(write.row.run, write.row.data);
          return { op: "putSnapshot", row: encodeSnapshot(write.row, stale) };
        }),
      );
  }),
];
