import type { RunRow } from "../ports.ts";
import type { SqlRow, SqlValue } from "./database.ts";
import { labelsFromColumn, labelsToColumn } from "./labels.ts";

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

/** Member of a run row and its column, in the order of the table. */
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
  ["head", "head"],
  ["active", "active"],
  ["version", "version"],
];

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
  return value as SqlValue;
}

/** A run as stored, as a row of the port: columns that are null are members that are absent. */
export function runFromRow(row: SqlRow): RunRow {
  const run: Record<string, unknown> = {};
  for (const [member, column] of runColumns) {
    const value = row[column];
    if (value !== null) run[member] = value;
  }
  run["status"] = statuses[row["status"] as number];
  run["active"] = row["active"] === 1;
  run["labels"] = labelsFromColumn(row["labels"]);
  return run as unknown as RunRow;
}
