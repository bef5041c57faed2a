import type { RetryPolicy } from "../dsl/model.ts";
import type { Evaluator } from "./evaluator.ts";
import type { DurationSource, Scope } from "./scope.ts";
import type { TaskRun } from "./task-type.ts";

/** Retries after which a policy without any limit gives up: no author means to retry for ever without a pause. */
export const RETRIES_MAX = 10_000;

type Backoff = "constant" | "linear" | "exponential";

/** A retry policy, compiled (specification, section Retry). */
export interface RetrySource {
  readonly when?: Evaluator;
  readonly exceptWhen?: Evaluator;
  readonly delay?: DurationSource;
  readonly backoff: Backoff;
  readonly jitter?: { readonly from: DurationSource; readonly to: DurationSource };
  /** Retries, so one less than attempts. */
  readonly count: number;
  readonly attemptDuration?: DurationSource;
  readonly duration?: DurationSource;
}

/** Compiles a policy in place or by its name in `use.retries`; `scope` sees the caught error. */
export function compileRetry(source: RetryPolicy | string, scope: Scope): RetrySource {
  const policy = typeof source === "string" ? scope.reusable("retries", source) : source;
  const { when, exceptWhen, delay, backoff, jitter, limit } = policy;
  return {
    ...(when === undefined ? {} : { when: scope.bare(when, "when") }),
    ...(exceptWhen === undefined ? {} : { exceptWhen: scope.bare(exceptWhen, "exceptWhen") }),
    ...(delay === undefined ? {} : { delay: scope.duration(delay, "delay") }),
    backoff: backoff?.exponential !== undefined ? "exponential" : backoff?.linear !== undefined ? "linear" : "constant",
    ...(jitter === undefined
      ? {}
      : {
          jitter: {
            from: scope.duration(jitter.from, "jitter", "from"),
            to: scope.duration(jitter.to, "jitter", "to"),
          },
        }),
    count: limit?.attempt?.count ?? RETRIES_MAX,
    ...(limit?.attempt?.duration === undefined
      ? {}
      : { attemptDuration: scope.duration(limit.attempt.duration, "limit", "attempt", "duration") }),
    ...(limit?.duration === undefined ? {} : { duration: scope.duration(limit.duration, "limit", "duration") }),
  };
}

/**
 * When retry number `retry` (1, 2, ...) begins, epoch ms: constant waits the delay each time, linear n times the delay, exponential the delay doubled with each retry; jitter is added,
 * uniform in its range and the same at every replay.
 */
export function retryAt(policy: RetrySource, retry: number, run: TaskRun): number {
  const delayMs = policy.delay === undefined ? 0 : run.dueAt(policy.delay) - run.now;
  const factor = policy.backoff === "exponential" ? 2 ** (retry - 1) : policy.backoff === "linear" ? retry : 1;
  return Math.min(run.now + Math.round(delayMs * factor + jitterMs(policy, retry, run)), LATEST_MS);
}

/** The last instant a timer can name. */
const LATEST_MS = 8_640_000_000_000_000;

function jitterMs({ jitter }: RetrySource, retry: number, run: TaskRun): number {
  if (jitter === undefined) return 0;
  const from = run.dueAt(jitter.from) - run.now;
  const to = run.dueAt(jitter.to) - run.now;
  return from + run.random(retry) * Math.max(0, to - from);
}
