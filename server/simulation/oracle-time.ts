import { taskEntries } from "@stigmer/core/dsl/task-kind.ts";
import type { RetryPolicy, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";

/** Whether a policy tries again after this attempt. A generated bound on the whole time is either shorter than the first delay or too long to matter. */
export function retries({ limit, when, exceptWhen }: RetryPolicy, attempt: number, status: number): boolean {
  if (attempt > (limit?.attempt?.count ?? 0) || isShort({ after: limit?.duration })) return false;
  const holds = (condition: string): boolean => condition === `\${ $error.status == ${String(status)} }`;
  return (when === undefined || holds(when)) && (exceptWhen === undefined || !holds(exceptWhen));
}

/** What bounds one attempt. */
export function attemptTimeout(policy: RetryPolicy | undefined): Timeout {
  return { after: policy?.limit?.attempt?.duration };
}

type Timeout = { readonly after?: unknown } | string | undefined;

/** Whether a generated timeout is far shorter than what it stands over; the others are far longer than any simulation. */
export function isShort(timeout: Timeout): boolean {
  const milliseconds = millisecondsOf(timeout);
  return milliseconds !== undefined && milliseconds < 10_000;
}

function millisecondsOf(timeout: Timeout): number | undefined {
  const after = typeof timeout === "object" ? timeout.after : undefined;
  if (typeof after !== "object" || after === null) return undefined;
  return (after as { readonly milliseconds?: number }).milliseconds;
}

/**
 * Whether an operator took a run up again so late that its workflow's short timeout may not be over first. The timeout has its time again; the wait that such a workflow begins with keeps its end.
 */
export function outlivesTimeout({ timeout, do: list }: WorkflowDocument, facts: readonly RunEvent[]): boolean {
  const milliseconds = millisecondsOf(timeout);
  const [first] = taskEntries(list);
  const [started] = facts;
  if (!isShort(timeout) || milliseconds === undefined || first === undefined || started === undefined) return false;
  const { seconds } = (first.task as { readonly wait: { readonly seconds: number } }).wait;
  const waitEnds = started.at + seconds * 1_000;
  return facts.some(({ type, at }) => type === "retried" && at + milliseconds >= waitEnds);
}
