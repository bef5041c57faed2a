import type { ErrorFilter, TryTask } from "../dsl/model.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import { type Fault, standardFault } from "../protocol/fault.ts";
import type { DirectiveTarget } from "./directive.ts";
import { matchesErrorFilter } from "./error-filter.ts";
import type { Evaluator } from "./evaluator.ts";
import { type RetrySource, compileRetry, retryAt } from "./retry-policy.ts";
import { complete, type Draft, fail, going, type Outcome, type TaskRun, type TaskType } from "./task-type.ts";

interface TryBody {
  readonly list: string;
  readonly as: string;
  readonly filter?: ErrorFilter;
  readonly when?: Evaluator;
  readonly exceptWhen?: Evaluator;
  readonly retry?: RetrySource;
  readonly handler?: string;
  readonly then?: DirectiveTarget;
}

interface TryLocal {
  /** Retries so far. */
  readonly retries: number;
  /** When the first attempt began, epoch ms. */
  readonly since: number;
  /** The fault being retried or handled. */
  readonly fault: Fault | null;
}

/**
 * `try`: its tasks, and what happens when one of them fails. A fault that the catch names is first retried, as long as its policy allows; then `catch.do` handles it, then `catch.then` says where
 * to go on. With neither `do` nor `then`, a fault that has used up its retries is passed on; one that was never to be retried is swallowed, and the data passes through.
 */
export const tryTask: TaskType<TryBody> = {
  kind: "try",
  compile(definition, scope) {
    const { try: list, catch: clause } = definition as TryTask;
    const as = clause.as ?? "error";
    const place = scope.at("catch");
    const handling = place.withVariables(as);
    const retry = clause.retry === undefined ? undefined : compileRetry(clause.retry, handling.at("retry"));
    const inside = retry === undefined ? scope : scope.inRepetition();
    return {
      list: inside.list(list, "try").pointer,
      as,
      ...(clause.errors?.with === undefined ? {} : { filter: clause.errors.with }),
      ...(clause.when === undefined ? {} : { when: handling.bare(clause.when, "when") }),
      ...(clause.exceptWhen === undefined ? {} : { exceptWhen: handling.bare(clause.exceptWhen, "exceptWhen") }),
      ...(retry === undefined ? {} : { retry }),
      ...(clause.do === undefined ? {} : { handler: handling.list(clause.do, "do").pointer }),
      ...(clause.then === undefined ? {} : { then: place.directive(clause.then, "then") }),
    };
  },
  start(body, run) {
    return attempt(body, run, { retries: 0, since: run.now, fault: null });
  },
  finished(body, _run, child) {
    return complete(child.output, child.role === "catch" ? body.then : undefined);
  },
  faulted(body, run, role, fault) {
    return role === "try" && catches(body, run, fault) ? afterFault(body, run, fault) : undefined;
  },
  answered(body, run, answer) {
    const local = run.local as unknown as TryLocal;
    if (answer.role === "retry") return attempt(body, run, local);
    // The duration of one attempt is over: its timeout goes through the catch like any other fault of the attempt.
    const timeout: Fault = {
      ...standardFault(
        "timeout",
        "Attempt timed out",
        `Attempt ${local.retries + 1} took longer than its policy's limit.attempt.duration`,
      ),
      instance: run.pointer,
    };
    const outcome = catches(body, run, timeout) ? afterFault(body, run, timeout) : undefined;
    return outcome === undefined
      ? fail(timeout)
      : outcome.type === "continue"
        ? { ...outcome, abandon: true }
        : outcome;
  },
  revive(body, run) {
    const { retries, since, fault } = run.local as unknown as TryLocal;
    return attempt(body, run, { retries, since, fault });
  },
  rearm(body, run, role) {
    return role === "try" ? attemptLimit(body, run) : [];
  },
  enter(body, run, list) {
    if (list !== body.list) return undefined;
    const local: TryLocal = { retries: 0, since: run.now, fault: null };
    return { local: local as unknown as Json, role: "try", attempt: 1 };
  },
};

function attempt(body: TryBody, run: TaskRun, local: TryLocal): Outcome {
  return going({
    local: local as unknown as Json,
    start: attemptLimit(body, run),
    run: [{ role: "try", list: body.list, input: run.input, attempt: local.retries + 1 }],
  });
}

/** The timer of the attempt that begins now, where its policy limits it. */
function attemptLimit({ retry }: TryBody, run: TaskRun): readonly Draft[] {
  if (retry?.attemptDuration === undefined) return [];
  return [{ role: "attempt", type: "setTimer", dueAt: run.dueAt(retry.attemptDuration) }];
}

function catches(body: TryBody, run: TaskRun, fault: Fault): boolean {
  if (body.filter !== undefined && !matchesErrorFilter(body.filter, fault)) return false;
  const variables = { [body.as]: fault as unknown as Json };
  if (body.when !== undefined && !run.test(body.when, run.input, variables)) return false;
  return body.exceptWhen === undefined || !run.test(body.exceptWhen, run.input, variables);
}

/** Retry, else handle, else pass on (undefined). */
function afterFault(body: TryBody, run: TaskRun, fault: Fault): Outcome | undefined {
  const local = run.local as unknown as TryLocal;
  const variables = { [body.as]: fault as unknown as Json };
  const dueAt = body.retry === undefined ? undefined : nextAttempt(body.retry, run, local, variables);
  if (dueAt !== undefined) return retryLater(body, run, { ...local, retries: local.retries + 1, fault }, dueAt);
  const handled = { ...local, fault } as unknown as Json;
  if (body.handler !== undefined) {
    return going({
      local: handled,
      stop: ["attempt"],
      run: [{ role: "catch", list: body.handler, input: run.input, variables }],
    });
  }
  if (body.then === undefined && body.retry !== undefined) return undefined;
  return complete(run.input, body.then);
}

/** When the next attempt begins; undefined when the policy does not retry this fault, or not again. */
function nextAttempt(retry: RetrySource, run: TaskRun, local: TryLocal, variables: JsonObject): number | undefined {
  if (local.retries >= retry.count) return undefined;
  if (retry.when !== undefined && !run.test(retry.when, run.input, variables)) return undefined;
  if (retry.exceptWhen !== undefined && run.test(retry.exceptWhen, run.input, variables)) return undefined;
  const dueAt = retryAt(retry, local.retries + 1, run);
  return retry.duration === undefined || dueAt <= run.dueAt(retry.duration, local.since) ? dueAt : undefined;
}

function retryLater(body: TryBody, run: TaskRun, local: TryLocal, dueAt: number): Outcome {
  if (dueAt <= run.now) {
    const again = attempt(body, run, local);
    return again.type === "continue" ? { ...again, stop: ["attempt"], retryAt: run.now } : again;
  }
  return going({
    local: local as unknown as Json,
    stop: ["attempt"],
    start: [{ role: "retry", type: "setTimer", dueAt }],
    retryAt: dueAt,
  });
}
