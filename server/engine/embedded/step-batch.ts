import type { StartActivity, StartChild, SubscribeMessages } from "@stigmer/core/protocol/command.ts";
import type { EventFilter } from "@stigmer/core/protocol/command.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { RunChanges, RunRow, TimerRow, Write } from "../../store/ports.ts";
import type { OutboxEntry } from "./outbox-entry.ts";
import type { Envelope } from "./run-actor.ts";

/** What is to be done outside once a batch is durable. */
export type Effect =
  | { readonly kind: "activity"; readonly command: StartActivity }
  | { readonly kind: "cancelActivity"; readonly id: number }
  | { readonly kind: "timer"; readonly row: TimerRow }
  | { readonly kind: "forgetTimer"; readonly row: TimerRow }
  | { readonly kind: "source"; readonly command: SubscribeMessages }
  | { readonly kind: "endSource"; readonly id: number }
  | { readonly kind: "child"; readonly command: StartChild }
  | { readonly kind: "outbox"; readonly key: string; readonly entry: OutboxEntry }
  | { readonly kind: "queued"; readonly writes: readonly Write[] }
  | { readonly kind: "subscribed"; readonly filters: readonly EventFilter[] }
  | { readonly kind: "continue" };

/** What a few facts of one run lead to, gathered for one commit: nothing of it happens unless all of it is durable. */
export interface StepBatch {
  readonly writes: Write[];
  readonly effects: Effect[];
  readonly trace: TaskTrace[];
  readonly envelopes: Envelope[];
  /** Timers set in this batch: one that is cleared in the same batch never reaches the store. */
  timersSet: Map<number, Write> | undefined;
  outboxEntries: number;
  /** The operator's reason, of the last control. */
  reason: string | undefined;
  /** What the row is to say, instead of what follows from the facts. */
  outcome: RunChanges | undefined;
  /** The run ends with this batch. */
  ends: boolean;
  /** The row after the batch. */
  row: RunRow | undefined;
}

/** A batch with nothing in it. */
export function emptyBatch(): StepBatch {
  return {
    writes: [],
    effects: [],
    trace: [],
    envelopes: [],
    timersSet: undefined,
    outboxEntries: 0,
    reason: undefined,
    outcome: undefined,
    ends: false,
    row: undefined,
  };
}
