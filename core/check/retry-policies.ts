import { childPointer } from "../lib/json-pointer.ts";
import type { RetryPolicy, WorkflowDocument } from "../dsl/model.ts";
import type { TaskVisit } from "./task-visit.ts";

/** Every retry policy of a document with its pointer: those of `use.retries` and those in place. */
export function* retryPolicies(
  document: WorkflowDocument,
  tasks: readonly TaskVisit[],
): Iterable<readonly [string, RetryPolicy]> {
  for (const [name, policy] of Object.entries(document.use?.retries ?? {}))
    yield [childPointer("/use/retries", name), policy];
  for (const { task, pointer } of tasks) {
    if ("try" in task && typeof task.catch.retry === "object") yield [`${pointer}/catch/retry`, task.catch.retry];
  }
}
