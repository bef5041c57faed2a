import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { TraceEntry } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { duration } from "./age.ts";

/** What is known of one task of a run, gathered from its trace. A task in a loop is one line that counts its runs. */
export interface TaskLine {
  readonly name: string;
  readonly depth: number;
  /** Moment of the run of the task that was heard of last: `started`, `completed`, `retried` and so on. */
  moment: string;
  startedMs: number;
  endedMs: number | undefined;
  attempt: number;
  fault: string;
  /** Runs of the task so far, by id: which began, are under way, failed; and how many ended well. Another attempt at a run that failed takes its place. */
  readonly runs: { readonly begun: Set<string>; readonly open: Set<string>; readonly failed: string[]; done: number };
}

const ENDS = ["completed", "faulted", "cancelled", "skipped"];

/** Tasks of a run in the order they began. */
export class TaskLines {
  readonly #lines = new Map<string, TaskLine>();

  take(entry: TraceEntry): TaskLine {
    const atMs = entry.at === undefined ? 0 : timestampMs(entry.at);
    const line = this.#lines.get(entry.pointer) ?? {
      name: entry.taskName,
      depth: depthOf(entry.pointer),
      moment: "created",
      startedMs: atMs,
      endedMs: undefined,
      attempt: 1,
      fault: "",
      runs: { begun: new Set<string>(), open: new Set<string>(), failed: [], done: 0 },
    };
    if (entry.kind !== "created") line.moment = entry.kind;
    line.attempt = Math.max(line.attempt, entry.attempt);
    line.fault = entry.fault === undefined ? (entry.kind === "completed" ? "" : line.fault) : faultWords(entry.fault);
    if (entry.kind === "started") {
      if (line.runs.begun.size === 0) line.startedMs = atMs;
      line.endedMs = undefined;
      if (entry.attempt > 1) line.runs.begun.delete(line.runs.failed.pop() ?? "");
      line.runs.begun.add(entry.taskId);
      line.runs.open.add(entry.taskId);
    }
    if (ENDS.includes(entry.kind)) {
      line.runs.open.delete(entry.taskId);
      line.endedMs = line.runs.open.size === 0 ? atMs : undefined;
    }
    if (entry.kind === "completed" || entry.kind === "skipped") line.runs.done += 1;
    if (entry.kind === "faulted") line.runs.failed.push(entry.taskId);
    this.#lines.set(entry.pointer, line);
    return line;
  }

  all(): readonly TaskLine[] {
    return [...this.#lines.values()];
  }
}

/** Attempts, time and error of a task in words; for one that ran several times how many ended and failed. */
export function detail(line: TaskLine): string {
  const took = line.endedMs === undefined || line.moment === "skipped" ? "" : duration(line.endedMs - line.startedMs);
  const { begun, open, done, failed } = line.runs;
  const counts =
    begun.size < 2
      ? ""
      : [
          `${done} of ${begun.size} done`,
          failed.length > 0 ? `${failed.length} failed` : "",
          open.size > 0 ? `${open.size} running` : "",
        ]
          .filter((part) => part !== "")
          .join(", ");
  return [counts, line.attempt > 1 ? `attempt ${line.attempt}` : "", took, line.fault]
    .filter((part) => part !== "")
    .join("  ");
}

/** A line of the tree, or a number of lines that are left out at this place. */
export type Row = { readonly line: TaskLine } | { readonly hidden: number };

/**
 * The lines that fit into `room` rows: what failed or is under way before what has ended, the newest first; what is left out is counted where it would stand. So a tree never scrolls, however large the
 * run.
 */
export function fitting(lines: readonly TaskLine[], room: number): readonly Row[] {
  if (lines.length <= room) return lines.map((line) => ({ line }));
  const urgent = (line: TaskLine): number => (line.moment === "faulted" ? 0 : line.endedMs === undefined ? 1 : 2);
  const order = lines
    .map((line, index) => ({ index, rank: urgent(line) }))
    .toSorted((left, right) => left.rank - right.rank || right.index - left.index);
  // Each line that is kept may need a row for what is left out before it, so fewer are tried until all fits.
  for (let kept = room - 1; kept > 0; kept--) {
    const chosen = new Set(order.slice(0, kept).map(({ index }) => index));
    const rows = withGaps(lines, chosen);
    if (rows.length <= room) return rows;
  }
  return [{ hidden: lines.length }];
}

function withGaps(lines: readonly TaskLine[], chosen: ReadonlySet<number>): readonly Row[] {
  const rows: Row[] = [];
  let hidden = 0;
  for (const [index, line] of lines.entries()) {
    if (!chosen.has(index)) hidden += 1;
    else {
      if (hidden > 0) rows.push({ hidden });
      hidden = 0;
      rows.push({ line });
    }
  }
  if (hidden > 0) rows.push({ hidden });
  return rows;
}

/** How many tasks contain the one at the pointer: each task adds `/<list>/<index>/<name>` (branches and catch handlers one segment more). */
function depthOf(pointer: string): number {
  return pointer.split("/").filter((segment) => /^\d+$/u.test(segment)).length - 1;
}

function faultWords({ status, title, detail: text }: NonNullable<TraceEntry["fault"]>): string {
  return title !== "" ? title : text !== "" ? text : String(status);
}
