import type { RetryPolicy } from "../../dsl/model.ts";
import type { Rule } from "../rule.ts";
import { retryPolicies } from "../retry-policies.ts";

/** A retry that goes on for good. */
export const retryWithoutLimit: Rule = {
  code: "OW2010",
  name: "retry-without-limit",
  severity: "warning",
  summary: "A retry policy without any limit.",
  explanation:
    "Without `limit.attempt.count`, `limit.duration` or a `when` that turns false, a task that always fails is tried again for good. Bound it, for example with `limit: { attempt: { count: 5 } }`.",
  *find({ document, tasks }) {
    for (const [pointer, policy] of retryPolicies(document, tasks)) {
      if (!isLimited(policy))
        yield {
          pointer,
          at: "key",
          message: "This retry never gives up",
          hint: "add `limit: { attempt: { count: 5 } }`",
        };
    }
  },
};

function isLimited({ limit, when, exceptWhen }: RetryPolicy): boolean {
  return (
    limit?.attempt?.count !== undefined ||
    limit?.duration !== undefined ||
    when !== undefined ||
    exceptWhen !== undefined
  );
}
