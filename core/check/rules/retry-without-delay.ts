import { isZeroDuration, parseDuration } from "../../lib/duration.ts";
import type { Json } from "../../lib/json.ts";
import type { RetryPolicy } from "../../dsl/model.ts";
import { retryPolicies } from "../retry-policies.ts";
import type { Rule } from "../rule.ts";

/** A retry that does not wait. */
export const retryWithoutDelay: Rule = {
  code: "OW2011",
  name: "retry-without-delay",
  severity: "warning",
  summary: "A retry policy without a delay.",
  explanation:
    "What has just failed will most likely fail again at once, and a server in trouble is not helped by being asked faster. Give the policy a `delay`; a `backoff` only multiplies the delay, so without one it has no effect.",
  *find({ document, tasks }) {
    for (const [pointer, policy] of retryPolicies(document, tasks)) {
      if (!hasDelay(policy))
        yield {
          pointer,
          at: "key",
          message: "This retry does not wait before it tries again",
          hint: "add `delay: PT1S`",
        };
    }
  },
};

function hasDelay({ delay, jitter }: RetryPolicy): boolean {
  if (jitter !== undefined) return true;
  if (delay === undefined) return false;
  const { duration } = parseDuration(delay as Json);
  return duration === undefined || !isZeroDuration(duration);
}
