import type { RunRow } from "../ports.ts";
import type { SqlValue } from "./database.ts";
import { labelsToColumn } from "./labels.ts";

/** The statuses in the order of the numbers they are stored as: new ones go to the end. */
export const statuses: readonly RunRow["status"][] = [
  "pending",
  "running",
  "waiting",
  "suspended",
  "cancelled",
  "faulted",
  "completed",
  "quarantined",
];

const number = new Map(statuses.map((status, index) => [status, index]));

/** The number a status is stored as. */
export function statusNumber(status: RunRow["status"]): number {
  const found = number.get(status);
  if (found === undefined) throw new TypeError(`Cannot store status "${status}": it is not a status of runs`);
  return found;
}

/** Member of a run row and its column in `runs`, in the order of the table. */
export const runColumns: readonly (readonly [member: keyof RunRow, column: string])[] = [
  ["run", "run"],
  ["id", "id"],
  ["org", "org"],
  ["slug", "slug"],
  ["workflowId", "workflow_id"],
  ["instanceId", "instance_id"],
  ["digest", "digest"],
  ["status", "status"],
  ["reason", "reason"],
  ["createdAt", "created_at"],
  ["startedAt", "started_at"],
  ["endedAt", "ended_at"],
  ["idempotencyKey", "idempotency_key"],
  ["parentRun", "parent_run"],
  ["parentCommand", "parent_command"],
  ["labels", "labels"],
  ["data", "data"],
  ["output", "output"],
  ["fault", "fault"],
  ["active", "active"],
];

/** The columns of `runs` that its checksum is of. */
export const storedColumns: readonly string[] = runColumns.map(([, column]) => column);

const columnOf = new Map<string, string>(runColumns);

/** The column of a member. */
export function runColumn(member: string): string {
  const column = columnOf.get(member);
  if (column === undefined) throw new TypeError(`Cannot change "${member}" of a run: it is not a member of its row`);
  return column;
}

/** A member's value as its column holds it. */
export function toRunColumn(member: string, value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (member === "status") return statusNumber(value as RunRow["status"]);
  if (member === "active") return value === true ? 1 : 0;
  if (member === "labels") return labelsToColumn(value as RunRow["labels"]);
  return typeof value === "string" ? storableText(value) : (value as SqlValue);
}

/** Text as SQLite gives it back: one driver ends it at a NUL, and half a surrogate pair has no UTF-8. Both come from outside only in reasons and keys. */
export function storableText(text: string): string {
  return text.isWellFormed() && !text.includes("\u0000") ? text : text.toWellFormed().replaceAll("\u0000", "\uFFFD");
}
