import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import type { StepScope } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";

const TARGETS_MAX = 200;

/** What a run runs. */
export interface RunTarget {
  readonly workflow: Workflow;
  readonly instance: WorkflowInstance;
}

/**
 * What was run last, by what was asked for: reading and decoding a workflow and its instance costs more than starting a run of them. A target that is kept may be outdated, so a run of one is committed
 * only while both still have the version they were read with; a commit that is refused for it forgets the target and looks again.
 */
export class RunTargets {
  readonly #targets = new Map<string, RunTarget>();

  /** A target that was kept, with its versions as conditions of the commit. A dry run commits nothing that could be refused, so it gets none. */
  find(workflowId: string, instanceId: string, { unit }: StepScope): RunTarget | undefined {
    const target = unit.dryRun ? undefined : this.#targets.get(keyOf(workflowId, instanceId));
    if (target === undefined) return undefined;
    unit.require("workflow", metadataOf(target.workflow).id, versionOf(target.workflow));
    unit.require("workflow_instance", metadataOf(target.instance).id, versionOf(target.instance));
    return target;
  }

  /** Keeps a target that was read from the store as it is: not one that the same request has made or changed. */
  keep(workflowId: string, instanceId: string, target: RunTarget, { unit }: StepScope): void {
    if (unit.dryRun || unit.hasChanges) return;
    const [oldest] = this.#targets.keys();
    if (this.#targets.size >= TARGETS_MAX && oldest !== undefined) this.#targets.delete(oldest);
    this.#targets.set(keyOf(workflowId, instanceId), target);
  }

  /** Forgets what was kept for a request. */
  forget(workflowId: string, instanceId: string): void {
    this.#targets.delete(keyOf(workflowId, instanceId));
  }
}

function keyOf(workflowId: string, instanceId: string): string {
  return instanceId === "" ? workflowId : instanceId;
}

function versionOf(resource: Workflow | WorkflowInstance): number {
  return Number(metadataOf(resource).resourceVersion);
}
