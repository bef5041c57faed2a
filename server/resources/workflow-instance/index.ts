import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { applyWorkflowInstance } from "./apply.ts";
import { createWorkflowInstance } from "./create.ts";
import { deleteWorkflowInstance } from "./delete.ts";
import { getWorkflowInstance } from "./get.ts";
import { getWorkflowInstanceByReference } from "./get-by-reference.ts";
import { getWorkflowInstancesByWorkflow } from "./get-by-workflow.ts";
import { listWorkflowInstances } from "./list.ts";
import { updateWorkflowInstance } from "./update.ts";

/** Registers the services of workflow instances. */
export function registerWorkflowInstance(sink: ServiceSink, ports: ResourcePorts): void {
  sink.register(services.workflowInstance.command, {
    apply: applyWorkflowInstance(ports),
    create: createWorkflowInstance(ports),
    update: updateWorkflowInstance(ports),
    delete: deleteWorkflowInstance(ports),
  });
  sink.register(services.workflowInstance.query, {
    get: getWorkflowInstance(ports),
    getByReference: getWorkflowInstanceByReference(ports),
    getByWorkflow: getWorkflowInstancesByWorkflow(ports),
  });
  sink.register(services.workflowInstance.service, {
    list: listWorkflowInstances(ports),
  });
}
