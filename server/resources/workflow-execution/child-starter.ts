import { create } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowCommandController } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/command_pb.ts";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { ApiResourceKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { compareSemver, parseSemver, type SemanticVersion } from "@stigmer/core/lib/semver.ts";
import type { StartChild } from "@stigmer/core/protocol/command.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../../activities/activity.ts";
import { ApiError } from "../../errors/api-error.ts";
import { WORKFLOW_CHAIN_LABEL } from "../../events/workflow-chain.ts";
import { resourceId } from "../../pipeline/resource-id.ts";
import type { StepScope } from "../../pipeline/step.ts";
import { UnitOfWork } from "../../pipeline/unit-of-work.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { CommitConflict, type DefinitionRow, type RunRow } from "../../store/ports.ts";
import { isNotFound, withinUnit } from "../in-process-call.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { defaultInstanceOf } from "./resolve-instance.ts";
import { startRun } from "./start-run.ts";

const PAGE = 100;

/** A version of a workflow that a child run will be pinned to. */
interface Candidate {
  readonly workflowId: string;
  readonly definition: DefinitionRow;
}

/**
 * Starts the runs that `run: workflow` asks for, in the organization of the parent: finds the workflow by namespace and name (or by slug, as workflows given as tasks name it), pins the
 * version, and starts it through its default instance. Asked again with the same key it gives the run that is there.
 */
export class RunStarter {
  readonly #ports: ExecutionPorts;

  constructor(ports: ExecutionPorts) {
    this.#ports = ports;
  }

  /** Rejects with ActivityFault where the parent run must see why its child cannot be started; whatever else it rejects with may be tried again. */
  async start(
    parent: RunRow,
    command: StartChild,
    idempotencyKey: string,
  ): Promise<{ readonly runId: string; readonly version: string }> {
    const { store } = this.#ports.environment;
    const known = await store.runs.byIdempotencyKey(parent.org, idempotencyKey);
    if (known !== undefined) return { runId: known.id, version: (await this.#versionOf(known)) ?? command.version };
    try {
      const { workflowId, definition } = await this.#choose(parent.org, command);
      const row = await this.#start(parent, command, idempotencyKey, workflowId, definition.digest);
      return { runId: row.id, version: definition.version };
    } catch (error) {
      throw childFault(error, command);
    }
  }

  async #start(
    parent: RunRow,
    command: StartChild,
    idempotencyKey: string,
    workflowId: string,
    digest: string,
  ): Promise<RunRow> {
    const scope = this.#scope();
    const { ulids } = this.#ports.environment;
    const workflow = await this.#ports.clients.workflow.query.get({ value: workflowId }, withinUnit(scope));
    const target = { workflow, instance: await defaultInstanceOf(this.#ports.clients, workflow, scope) };
    scope.unit.require("workflow_instance", metadataOf(target.instance).id);
    const id = resourceId("wex", ulids.next());
    const execution = create(WorkflowExecutionSchema, {
      apiVersion: "agentic.stigmer.ai/v1",
      kind: "WorkflowExecution",
      metadata: {
        id,
        name: `execution-${id.slice(4)}`,
        slug: `execution-${id.slice(4)}`,
        org: parent.org,
        ownerScope: ApiResourceOwnerScope.organization,
        labels: chainLabel(parent),
      },
      spec: { workflowId, idempotencyKey },
    });
    return startRun(
      this.#ports,
      this.#ports.definitions,
      {
        execution,
        target,
        digest,
        input: command.input,
        parent: { run: parent.run, id: command.id, runId: parent.id },
      },
      scope,
    );
  }

  /** The version that is asked for; `latest` is the highest release, as semantic versioning orders them. */
  async #choose(org: string, command: StartChild): Promise<Candidate> {
    const workflows = await this.#find(org, command);
    let best: Candidate | undefined;
    for (const workflow of workflows) {
      for await (const definition of this.#definitions(metadataOf(workflow).id)) {
        const fits =
          command.version === "latest"
            ? isBetter(definition, best?.definition)
            : definition.version === command.version && best === undefined;
        if (fits) best = { workflowId: metadataOf(workflow).id, definition };
      }
    }
    if (best !== undefined) return best;
    throw new ApiError(
      "VERSION_NOT_FOUND",
      `Workflow not found: ${command.namespace}/${command.name} in version ${command.version}`,
    );
  }

  async #find(org: string, { namespace, name }: StartChild): Promise<readonly Workflow[]> {
    const scope = this.#scope();
    const rows = await this.#ports.environment.store.resources.byLookup("workflow", `${namespace}/${name}`, org);
    if (rows.length > 0)
      return Promise.all(
        rows.map(({ id }) => this.#ports.clients.workflow.query.get({ value: id }, withinUnit(scope))),
      );
    const reference = { kind: ApiResourceKind.workflow, org, slug: name };
    return [await this.#ports.clients.workflow.query.getByReference(reference, withinUnit(scope))];
  }

  /** All versions of a workflow, newest first. */
  async *#definitions(workflowId: string): AsyncGenerator<DefinitionRow> {
    let cursor: string | undefined;
    do {
      const page = await this.#ports.environment.store.definitions.list(workflowId, PAGE, cursor);
      yield* page.rows;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  async #versionOf(run: RunRow): Promise<string | undefined> {
    return (await this.#ports.definitions.load(run.digest))?.document.version;
  }

  /** A scope like that of a request, as the server itself. */
  #scope(): StepScope {
    const { environment } = this.#ports;
    return {
      environment,
      unit: new UnitOfWork(environment.store, environment.counts, () => false),
      ownsUnit: true,
      call: {
        method: WorkflowCommandController.method.create,
        principal: { kind: "system", id: "system" },
        signal: new AbortController().signal,
        requestHeader: new Headers(),
        headerValue: () => undefined,
        values: createContextValues(),
      },
    };
  }
}

/** What led to the parent led to its child too. */
function chainLabel({ labels }: RunRow): { [key: string]: string } {
  const chain = Object.hasOwn(labels, WORKFLOW_CHAIN_LABEL) ? labels[WORKFLOW_CHAIN_LABEL] : undefined;
  return chain === undefined ? {} : { [WORKFLOW_CHAIN_LABEL]: chain };
}

/** Releases come before pre-releases, higher before lower; of equal ones the newest stays. */
function isBetter(row: DefinitionRow, best: DefinitionRow | undefined): boolean {
  const version = parseSemver(row.version);
  if (version === undefined) return best === undefined;
  const other = best === undefined ? undefined : parseSemver(best.version);
  if (other === undefined) return true;
  const [release, otherRelease] = [isRelease(version), isRelease(other)];
  return release === otherRelease ? compareSemver(version, other) > 0 : release;
}

function isRelease({ prerelease }: SemanticVersion): boolean {
  return prerelease.length === 0;
}

/** Refusals that will not pass by themselves are faults of the parent run; what may pass is tried again by the engine. */
function childFault(error: unknown, { namespace, name, version }: StartChild): unknown {
  if (!(error instanceof ApiError)) return error;
  const conflict =
    error.cause instanceof CommitConflict ||
    error.code === "ABORTED" ||
    error.code === "UNAVAILABLE" ||
    error.code === "RESOURCE_EXHAUSTED";
  if (conflict) return error;
  const title = isNotFound(error) ? "Workflow not found" : "Workflow cannot be started";
  return new ActivityFault(
    standardFault("configuration", title, `${namespace}/${name} version ${version}: ${error.message}`),
  );
}
