import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { Write } from "../../store/ports.ts";

/*
 * What a run owes to others (an event to publish, its end to its parent, a child to cancel) is written in the commit that decides it and deleted once it is delivered, so that a crash in
 * between repeats the delivery instead of losing it. Every receiver recognises a repeat.
 */
export const OUTBOX_SPACE = "outbox";

/** One debt. */
export type OutboxEntry =
  | {
      readonly kind: "publish";
      readonly org: string;
      readonly event: JsonObject;
      /** No run may take it. */
      readonly triggersOnly?: boolean;
    }
  | { readonly kind: "childEnded"; readonly child: number; readonly parent: number; readonly command: number }
  | { readonly kind: "cancelChild"; readonly org: string; readonly childKey: string };

/** Name of a debt, ordered by run and position so that repeats come in the order of the first time. */
export function outboxKey(run: number, seq: number, index: number): string {
  return `${pad(run)}/${pad(seq)}/${pad(index)}`;
}

function pad(value: number): string {
  return value.toString(36).padStart(10, "0");
}

/** The write that makes a debt durable. */
export function owe(key: string, entry: OutboxEntry): Write {
  return { op: "putRecord", row: { space: OUTBOX_SPACE, key, value: JSON.stringify(entry) } };
}

/** The write that pays it. */
export function paid(key: string): Write {
  return { op: "deleteRecord", space: OUTBOX_SPACE, key };
}

/** Idempotency key of a child: start it twice and the second start finds the first. */
export function childKey(parentRunId: string, command: number): string {
  return `child:${parentRunId}/${String(command)}`;
}
