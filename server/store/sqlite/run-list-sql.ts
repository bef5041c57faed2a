import type { RunQuery } from "../ports.ts";
import type { SqlValue } from "./database.ts";
import { statusNumber, statuses } from "./run-columns.ts";
import { headColumns } from "./run-row.ts";

/** The members of a run query that need not be in order of selectivity to be right; the narrowest leads. */
const FILTERS = [
  ["instanceId", "instance_id"],
  ["workflowId", "workflow_id"],
  ["org", "org"],
] as const;

/**
 * The query of a page of runs, newest first, that end before `end` (creation time, key).
 * Without labels each status is one range of the index of the narrowest filter, and SQLite merges the ranges by (created_at, run) while reading no more than the page needs.
 * With labels the range is that of the first label, and the rest is checked on each run. A `+` keeps the planner from any other index.
 * At least one status must be wanted.
 */
export function runListSql(
  query: RunQuery,
  end: readonly [createdAt: number, run: number],
  limit: number,
): { readonly sql: string; readonly parameters: readonly SqlValue[] } {
  const labels = Object.entries(query.labels ?? {});
  return labels.length > 0 ? byLabels(query, labels, end, limit) : byStatus(query, end, limit);
}

function byStatus(query: RunQuery, end: readonly [number, number], limit: number): ReturnType<typeof runListSql> {
  const filters = FILTERS.filter(([member]) => query[member] !== undefined);
  const where = filters
    .map(([, column], index) => ` and ${index === 0 ? column : `+${column}`} = ?${index + 5}`)
    .join("");
  const wanted = new Set(query.statuses ?? statuses);
  const ranges = [...wanted].map(
    (status) => `select created_at, run from runs
      where status = ${statusNumber(status)}${where} and (created_at, run) < (?1, ?2) and created_at >= ?3`,
  );
  return {
    sql: `select r.*, ${headColumns} from (${ranges.join(" union all ")} order by created_at desc, run desc limit ?4) k
      cross join runs r on r.run = k.run left join run_heads h on h.run = k.run order by k.created_at desc, k.run desc`,
    parameters: [
      ...end,
      query.createdFrom ?? Number.MIN_SAFE_INTEGER,
      limit,
      ...filters.map(([member]) => query[member] as string),
    ],
  };
}

function byLabels(
  query: RunQuery,
  labels: readonly (readonly [string, string])[],
  end: readonly [number, number],
  limit: number,
): ReturnType<typeof runListSql> {
  const parameters: SqlValue[] = [...end, query.createdFrom ?? Number.MIN_SAFE_INTEGER, limit];
  const conditions: string[] = [];
  const parameter = (value: string): string => `?${parameters.push(value)}`;
  for (const [index, [key, value]] of labels.entries()) {
    const matches = (table: string): string =>
      `${table}.key = ${parameter(key)} and ${table}.value = ${parameter(value)}`;
    conditions.push(
      index === 0
        ? matches("l")
        : `exists (select 1 from run_labels x where ${matches("x")} and x.created_at = l.created_at and x.run = l.run)`,
    );
  }
  for (const [member, column] of FILTERS) {
    const value = query[member];
    if (value !== undefined) conditions.push(`+r.${column} = ${parameter(value)}`);
  }
  if (query.statuses !== undefined) conditions.push(`+r.status in (${query.statuses.map(statusNumber).join(", ")})`);
  return {
    sql: `select r.*, ${headColumns} from run_labels l cross join runs r on r.run = l.run left join run_heads h on h.run = l.run
      where ${conditions.join(" and ")} and (l.created_at, l.run) < (?1, ?2) and l.created_at >= ?3
      order by l.created_at desc, l.run desc limit ?4`,
    parameters,
  };
}
