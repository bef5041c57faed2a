import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { RunPhase, WaitingKind } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { TraceEntry } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";
import { CliError, exit } from "./exit.ts";

/** Something `stigmer wait --for` waits for. It is asked about every change of the execution, in order, from the first one. */
export interface WaitCondition {
  /** What it waits for, after "wait for". */
  readonly words: string;
  holds(execution: WorkflowExecution, entries: readonly TraceEntry[]): boolean;
}

const PHASES = ["pending", "running", "waiting", "suspended", "cancelled", "faulted", "completed", "quarantined"];
const FORMS = "phase=PHASE, a phase, task=NAME, event or event=TYPE";

/** The number of a phase by its word; an unknown one suggests the nearest. */
export function phaseNamed(name: string): RunPhase {
  const phase = RunPhase[name.toUpperCase() as keyof typeof RunPhase];
  if (phase !== undefined && PHASES.includes(name.toLowerCase())) return phase;
  const near = didYouMean(name.toLowerCase(), PHASES);
  throw new CliError(
    exit.usage,
    `Cannot find the phase "${name}": phases are ${PHASES.join(", ")}`,
    near === undefined ? undefined : `did you mean "${near}"?`,
  );
}

/** Reads a condition: `phase=completed` (or only the phase), `task=ship` (that it completed), `event` or `event=com.example.paid` (that the execution waits for one). */
export function waitCondition(text: string): WaitCondition {
  const at = text.indexOf("=");
  const [key, value] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (key === "phase" && value !== undefined) return inPhase(value);
  if (key === "task" && value !== undefined) return taskCompleted(value);
  if (key === "event") return waitsForEvent(value);
  if (value === undefined && PHASES.includes(key.toLowerCase())) return inPhase(key);
  const near = didYouMean(key, [...PHASES, "phase", "task", "event"]);
  throw new CliError(
    exit.usage,
    `Cannot wait for "${text}": it should be ${FORMS}`,
    near === undefined ? undefined : `did you mean "${near}${value === undefined ? "" : `=${value}`}"?`,
  );
}

function inPhase(name: string): WaitCondition {
  const phase = phaseNamed(name);
  return { words: `phase ${name.toLowerCase()}`, holds: ({ status }) => status?.runPhase === phase };
}

function taskCompleted(name: string): WaitCondition {
  return {
    words: `task ${name}`,
    holds: (_execution, entries) =>
      entries.some(({ kind, taskName, pointer }) => kind === "completed" && (taskName === name || pointer === name)),
  };
}

function waitsForEvent(type: string | undefined): WaitCondition {
  return {
    words: type === undefined ? "an event to be awaited" : `event ${type} to be awaited`,
    holds: ({ status }) =>
      status?.waiting.some(
        ({ kind, reason }) => kind === WaitingKind.EVENT && (type === undefined || reason.includes(type)),
      ) === true,
  };
}
