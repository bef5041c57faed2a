import { ExecutionPhase } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/enum_pb.ts";
import { RunPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { RunStatus } from "@stigmer/core/protocol/state.ts";
import type { RunRow } from "../../store/ports.ts";

type Status = RunRow["status"];

/** Each status of a run in the words of the published contract and in our own. A quarantined run counts as failed: its followers must not wait for ever. */
const phases: { readonly [S in Status]: readonly [ExecutionPhase, RunPhase] } = {
  pending: [ExecutionPhase.EXECUTION_PENDING, RunPhase.PENDING],
  running: [ExecutionPhase.EXECUTION_IN_PROGRESS, RunPhase.RUNNING],
  waiting: [ExecutionPhase.EXECUTION_IN_PROGRESS, RunPhase.WAITING],
  suspended: [ExecutionPhase.EXECUTION_IN_PROGRESS, RunPhase.SUSPENDED],
  completed: [ExecutionPhase.EXECUTION_COMPLETED, RunPhase.COMPLETED],
  faulted: [ExecutionPhase.EXECUTION_FAILED, RunPhase.FAULTED],
  cancelled: [ExecutionPhase.EXECUTION_CANCELLED, RunPhase.CANCELLED],
  quarantined: [ExecutionPhase.EXECUTION_FAILED, RunPhase.QUARANTINED],
};

export function executionPhase(status: Status): ExecutionPhase {
  return phases[status][0];
}

export function runPhase(status: Status): RunPhase {
  return phases[status][1];
}

/** The statuses a published phase covers. */
export function statusesOfExecutionPhase(phase: ExecutionPhase): readonly Status[] {
  return statuses.filter((status) => phases[status][0] === phase);
}

/** The status that is one of our phases; undefined for none. */
export function statusOfRunPhase(phase: RunPhase): Status | undefined {
  return statuses.find((status) => phases[status][1] === phase);
}

/** Tells whether a run has ended, or is out of service and will not go on by itself. */
export function hasEnded(status: Status): boolean {
  return ended.has(status);
}

/** The status of a run that a foreign runner reports as ended; undefined while it goes on. */
export function endOf(phase: ExecutionPhase): Extract<RunStatus, "completed" | "faulted" | "cancelled"> | undefined {
  switch (phase) {
    case ExecutionPhase.EXECUTION_COMPLETED:
      return "completed";
    case ExecutionPhase.EXECUTION_FAILED:
      return "faulted";
    case ExecutionPhase.EXECUTION_CANCELLED:
      return "cancelled";
    default:
      return undefined;
  }
}

const statuses = Object.keys(phases) as readonly Status[];
const ended = new Set<Status>(["completed", "faulted", "cancelled", "quarantined"]);
