import type { RunHeader } from "@stigmer/core/protocol/state.ts";
import type { SnapshotRow } from "../../store/ports.ts";
import { encodeSnapshot } from "./journal-record.ts";
import type { EngineOptions } from "./options.ts";
import type { ActorMemory, RunActor } from "./run-actor.ts";

/** What a snapshot holds: the interpreter's state and the engine's own memory of the run. */
export interface SnapshotContent {
  readonly memory: ActorMemory;
  readonly state: RunHeader;
}

/** Tells whether the tail since the last snapshot is long enough to be worth one; runs that have ended are not read often enough. */
export function snapshotDue(actor: RunActor, options: EngineOptions): boolean {
  if (actor.ended || actor.tailRecords === 0) return false;
  return actor.tailRecords >= options.snapshotEveryRecords || actor.tailChars >= options.snapshotEveryChars;
}

/** The actor as of its last record, as a row. */
export function takeSnapshot(actor: RunActor): SnapshotRow {
  return encodeSnapshot(actor, JSON.stringify({ memory: actor.memory(), state: actor.state }));
}
