import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { TraceEntry } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";

/** What happened to a task as one line of a log: when, what, the task, the attempt where it is not the first, the error. */
export function traceLine(entry: TraceEntry): string {
  const at = entry.at === undefined ? "" : new Date(timestampMs(entry.at)).toISOString();
  const attempt = entry.attempt > 1 ? `attempt ${entry.attempt}` : "";
  const fault =
    entry.fault === undefined
      ? ""
      : [entry.fault.status, entry.fault.title, entry.fault.detail]
          .filter((part) => part !== "" && part !== 0)
          .join(" ");
  return [at, entry.kind.padEnd(9), entry.taskName, attempt, fault.replaceAll(/\s+/gu, " ")]
    .filter((part) => part !== "")
    .join("  ");
}
