import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { RunPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { TraceEntry } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { type Connection, codeOf } from "./connection.ts";

/** How often a stream that breaks is taken up again, and how long before the first time; each time waits longer. */
const ATTEMPTS = 5;
const PAUSE_MS = 200;
/** Reasons for waiting are read once a run has waited this long: a run that hurries from wait to wait is not asked each time. */
const SETTLE_MS = 50;

type Update = (execution: WorkflowExecution, entries: readonly TraceEntry[]) => void;

/** Whether an execution with this phase has ended. */
export function ended(phase: RunPhase | undefined): boolean {
  return (
    phase === RunPhase.COMPLETED ||
    phase === RunPhase.FAULTED ||
    phase === RunPhase.CANCELLED ||
    phase === RunPhase.QUARANTINED
  );
}

/** Streams changes until the end, `update` being told of each; a stream that breaks is taken up again from the last position. While the run waits, `update` is also given the reasons. */
export async function watchRun(
  server: Connection,
  id: string,
  signal: AbortSignal,
  update: Update,
): Promise<WorkflowExecution | undefined> {
  let position = 0n;
  let last: WorkflowExecution | undefined;
  const reasons = waitingReasons(server, id, update);
  try {
    for (let failures = 0; failures < ATTEMPTS;) {
      try {
        for await (const change of server.client.workflowExecution.service.watch(
          { executionId: id, afterPosition: position },
          { signal },
        )) {
          failures = 0;
          ({ position } = change);
          last = change.execution ?? last;
          if (last !== undefined) update(last, change.entries);
          if (change.last) return last;
          reasons.ask(last?.status?.runPhase === RunPhase.WAITING);
        }
        if (last !== undefined && ended(last.status?.runPhase)) return last;
        failures += 1;
      } catch (error) {
        // A stream that nobody here ended and that is told to be cancelled has lost its server.
        if (signal.aborted || ![1, 8, 14].includes(codeOf(error) ?? 14)) throw error;
        failures += 1;
        if (failures >= ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * failures));
      }
    }
    return last;
  } finally {
    reasons.stop();
  }
}

/** Changes tell that a run waits; why is read beside them. */
function waitingReasons(server: Connection, id: string, update: Update) {
  let timer: NodeJS.Timeout | undefined;
  let asked = 0;
  const read = async (question: number): Promise<void> => {
    const execution = await server.client.workflowExecution.query.get({ value: id }).catch(() => undefined);
    // What came meanwhile is newer.
    if (question === asked && execution?.status?.runPhase === RunPhase.WAITING) update(execution, []);
  };
  const stop = (): void => {
    clearTimeout(timer);
    asked += 1;
  };
  return {
    stop,
    ask(waits: boolean): void {
      stop();
      if (waits) timer = setTimeout(() => void read(asked), SETTLE_MS);
    },
  };
}
