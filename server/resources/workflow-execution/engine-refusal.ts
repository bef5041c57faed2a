import { ApiError } from "../../errors/api-error.ts";
import { ControlRefused } from "../../engine/engine.ts";
import { commitRefusal } from "../../pipeline/commit-refusal.ts";
import { notFound, phaseMismatch } from "../../pipeline/refusal.ts";

/** Runs something of the engine and says its refusals in the words of the API. */
export async function throughEngine<T>(runId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw engineRefusal(error, runId);
  }
}

/** What the engine refused, in the words of the API; anything else as it is. */
export function engineRefusal(error: unknown, runId: string): unknown {
  if (!(error instanceof ControlRefused)) return commitRefusal(error);
  switch (error.kind) {
    case "missing":
      return notFound("WorkflowExecution", runId);
    case "phase":
      return phaseMismatch(error.message);
    case "damaged":
      return new ApiError("DATA_CORRUPT", error.message);
    case "argument":
      return new ApiError("REQUEST_INVALID", error.message);
  }
}
