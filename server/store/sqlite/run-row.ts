import type { RunRow } from "../ports.ts";
import type { SqlRow } from "./database.ts";
import { headHolds } from "./head-mark.ts";
import { labelsFromColumn } from "./labels.ts";
import { runHolds } from "./run-checksum.ts";
import { runColumns, statuses } from "./run-columns.ts";

/** The columns of `run_heads h` that a run is read with, for SQL. */
export const headColumns = "h.head, h.version, h.mark";

/** Why a damaged row is quarantined. */
const DAMAGE =
  "the stored row of the run fails its checksum: what it says of the run may be wrong, its history is in the journal";

/** A run as stored, as a row of the port: columns that are null are members that are absent. A damaged row is a quarantined run, which says so. */
export function runFromRow(row: SqlRow): RunRow {
  if (!runHolds(row) || !headHolds(row["run"], row["head"], row["version"], row["mark"])) return damagedRun(row);
  const run: Record<string, unknown> = {};
  for (const [member, column] of runColumns) {
    const value = row[column];
    if (value !== null) run[member] = value;
  }
  run["status"] = statuses[row["status"] as number];
  run["active"] = row["active"] === 1;
  run["head"] = row["head"];
  run["version"] = row["version"];
  run["labels"] = labelsFromColumn(row["labels"]);
  return run as unknown as RunRow;
}

/** What a damaged row still shows: by which names it is known. Whatever else is in it may be anything, of any type. */
function damagedRun(row: SqlRow): RunRow {
  const text = (column: string): string => String(row[column] ?? "");
  const number = (column: string): number => (typeof row[column] === "number" ? row[column] : 0);
  return {
    run: number("run"),
    id: text("id"),
    org: text("org"),
    slug: text("slug"),
    workflowId: text("workflow_id"),
    instanceId: text("instance_id"),
    digest: text("digest"),
    status: "quarantined",
    reason: DAMAGE,
    createdAt: number("created_at"),
    ...(row["idempotency_key"] === null ? {} : { idempotencyKey: text("idempotency_key") }),
    labels: {},
    data: new Uint8Array(),
    head: number("head"),
    active: false,
    version: number("version"),
  };
}
