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
  const run: Record<string, unknown> = {};
  for (const [member, column] of runColumns) {
    const value = row[column];
    if (value !== null) run[member] = value;
  }
  run["status"] = statuses[row["status"] as number];
  run["active"] = row["active"] === 1;
  run["head"] = row["head"] ?? 0;
  run["version"] = row["version"] ?? 0;
  if (runHolds(row) && headHolds(row["run"], row["head"], row["version"], row["mark"])) {
    run["labels"] = labelsFromColumn(row["labels"]);
  } else {
    Object.assign(run, { status: "quarantined", active: false, reason: DAMAGE, labels: readableLabels(row) });
  }
  return run as unknown as RunRow;
}

function readableLabels(row: SqlRow): RunRow["labels"] {
  try {
    return labelsFromColumn(row["labels"]);
  } catch {
    return {};
  }
}
