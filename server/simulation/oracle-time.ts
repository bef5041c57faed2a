import type { RetryPolicy } from "@stigmer/core/dsl/model.ts";

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
  const after = typeof timeout === "object" ? timeout.after : undefined;
  if (typeof after !== "object" || after === null) return false;
  const { milliseconds } = after as { readonly milliseconds?: number };
  return milliseconds !== undefined && milliseconds < 10_000;
}
