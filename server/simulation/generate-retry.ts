import type { RetryPolicy, TaskDefinition } from "@stigmer/core/dsl/model.ts";
import type { Random } from "./random.ts";

/** Draws a retry policy with any of its limits and conditions. A bound on time is either shorter than the first delay (or the only wait), or far too long to matter. */
export function drawPolicy(random: Random): RetryPolicy {
  const condition = (): string => `\${ $error.status == ${String(random.pick([409, 500]))} }`;
  return {
    delay: { milliseconds: random.pick([1_000, 40_000]) },
    limit: {
      attempt: {
        count: random.between(0, 3),
        ...(random.chance(0.2) ? { duration: { milliseconds: 3_600_000_000 } } : {}),
      },
      ...(random.chance(0.3) ? { duration: { milliseconds: random.pick([1, 3_600_000_000]) } } : {}),
    },
    ...(random.chance(0.5) ? { backoff: random.pick([{ constant: {} }, { linear: {} }, { exponential: {} }]) } : {}),
    ...(random.chance(0.3) ? { jitter: { from: { milliseconds: 1 }, to: { milliseconds: 5_000 } } } : {}),
    ...(random.chance(0.35) ? { when: condition() } : {}),
    ...(random.chance(0.35) ? { exceptWhen: condition() } : {}),
  };
}

/** A call, a wait that takes too long, or a fault, tried again by a policy in place or by name. */
export function drawRetryCall(random: Random, name: string, call: TaskDefinition, handling: string): TaskDefinition {
  const policy = drawPolicy(random);
  const raised: TaskDefinition = {
    raise: { error: { type: "https://example.com/raised", status: 409, title: "Raised" } },
  };
  const handler = random.chance(0.5) ? { do: [{ [handling]: { set: { caught: true, n: 7 } } }] } : {};
  if (random.chance(0.3)) {
    const attempt = { ...policy.limit?.attempt, duration: { milliseconds: random.pick([1, 900]) } };
    const retry = { ...policy, limit: { ...policy.limit, attempt } };
    return { try: [{ [name]: { wait: { seconds: random.pick([3, 300]) } } }], catch: { retry, ...handler } };
  }
  const errors = random.chance(0.2) ? { errors: { with: { status: random.pick([409, 500]) } } } : {};
  const retry = random.chance(0.3) ? "policy" : policy;
  return { try: [{ [name]: random.chance(0.8) ? call : raised }], catch: { ...errors, retry, ...handler } };
}
