import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { applyWorkflow } from "./apply.ts";
import { createWorkflow } from "./create.ts";
import { deleteWorkflow } from "./delete.ts";
import { diffWorkflow } from "./diff.ts";
import { getWorkflowByReference } from "./get-by-reference.ts";
import { getWorkflowVersion } from "./get-version.ts";
import { getWorkflow } from "./get.ts";
import { listWorkflowVersions } from "./list-versions.ts";
import { listWorkflows } from "./list.ts";
import { updateWorkflow } from "./update.ts";
import { validateWorkflow } from "./validate.ts";

/** Registers the services of workflows. */
export function registerWorkflow(sink: ServiceSink, ports: ResourcePorts): void {
  sink.register(services.workflow.command, {
    apply: applyWorkflow(ports),
    create: createWorkflow(ports),
    update: updateWorkflow(ports),
    delete: deleteWorkflow(ports),
  });
  sink.register(services.workflow.query, { get: getWorkflow(ports), getByReference: getWorkflowByReference(ports) });
  sink.register(services.workflow.service, {
    list: listWorkflows(ports),
    listVersions: listWorkflowVersions(ports),
    getVersion: getWorkflowVersion(ports),
    validate: validateWorkflow(ports),
    diff: diffWorkflow(ports),
  });
}
