import type { Json } from "../lib/json.ts";
import type { Fault } from "./fault.ts";

/** Status phases of the specification; `waiting` means that nothing is under way but timers, events or children. */
export type RunStatus = "pending" | "running" | "waiting" | "suspended" | "cancelled" | "faulted" | "completed";

/** Tells whether a run with this status has ended; only an operator's `retried` can reopen it. */
export function isTerminal(status: RunStatus): boolean {
  return status === "completed" || status === "faulted" || status === "cancelled";
}

/** Why a run (or one of its branches) waits: what hosts and people are shown, and what recovery re-issues. */
export interface Waiting {
  readonly kind: "activity" | "timer" | "event" | "child" | "retry";
  readonly id: number;
  readonly task: string;
  readonly pointer: string;
  readonly iterations: readonly number[];
  /** Epoch ms for timers and retries, and for the timeout of the others where one is set. */
  readonly dueAt?: number;
  /** In words: `wait until 2026-01-01T00:00:00Z`, `POST https://...`, `event of type com.example.paid`. */
  readonly reason: string;
}

/** The part of a run's state that hosts read; the interpreter keeps its frames beside it. Plain JSON: it survives a round trip through text. */
export interface RunHeader {
  readonly status: RunStatus;
  readonly context: Json;
  readonly output?: Json;
  readonly fault?: Fault;
  readonly startedAt?: number;
  readonly endedAt?: number;
}
