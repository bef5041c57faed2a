import { type JsonObject, getKey } from "@stigmer/core/lib/json.ts";

/*
 * A schedule that starts from lifecycle events could start itself, or two of them each other, for ever. So each lifecycle event says which workflows led to it: that of its run, and, where the
 * run was itself started by a lifecycle event, those before. A schedule takes no lifecycle event that its own workflow led to (docs/semantics.md).
 */

/** The CloudEvents extension attribute that holds the chain: ids of workflows between blanks, the first cause first. */
export const WORKFLOW_CHAIN = "workflowchain";

/** The label of runs that lifecycle events started, and of their children: the chain of the event. */
export const WORKFLOW_CHAIN_LABEL = "stigmer.ai/workflow-chain";

/** The chain of a run: what led to it, and its own workflow. */
export function workflowChainOf(run: {
  readonly workflowId: string;
  readonly labels: { readonly [key: string]: string };
}): string {
  const before = Object.hasOwn(run.labels, WORKFLOW_CHAIN_LABEL) ? run.labels[WORKFLOW_CHAIN_LABEL] : undefined;
  return before === undefined ? run.workflowId : `${before} ${run.workflowId}`;
}

/** The chain an event carries; undefined for one that is no lifecycle event of this server. */
export function workflowChainIn(event: JsonObject): string | undefined {
  const chain = getKey(event, WORKFLOW_CHAIN);
  return typeof chain === "string" ? chain : undefined;
}
