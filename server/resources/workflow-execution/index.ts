import { services } from "@stigmer/api/services.ts";
import type { ServiceSink } from "../service-registry.ts";
import {
  cancelWorkflowExecution,
  gotoTask,
  patchContext,
  resumeWorkflowExecution,
  retryWorkflowExecution,
  skipTask,
  suspendWorkflowExecution,
} from "./control.ts";
import { awaitWorkflowExecution } from "./await-end.ts";
import { createWorkflowExecution, runWorkflowExecution } from "./create.ts";
import { deleteWorkflowExecution } from "./delete.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { findWorkflowExecutions } from "./find.ts";
import { getWorkflowExecution } from "./get.ts";
import { getHistory } from "./history.ts";
import { listWorkflowExecutions, listWorkflowExecutionsByWorkflow } from "./list.ts";
import { RunTargets } from "./run-targets.ts";
import { getStateAt } from "./state-at.ts";
import { subscribeWorkflowExecution } from "./subscribe.ts";
import { updateWorkflowExecutionStatus } from "./update-status.ts";
import { updateWorkflowExecution } from "./update.ts";
import { watchWorkflowExecution } from "./watch.ts";

/** Registers the services of workflow executions. */
export function registerWorkflowExecution(sink: ServiceSink, ports: ExecutionPorts): void {
  const targets = new RunTargets();
  sink.register(services.workflowExecution.command, {
    create: createWorkflowExecution(ports, targets),
    update: updateWorkflowExecution(ports),
    updateStatus: updateWorkflowExecutionStatus(ports),
    delete: deleteWorkflowExecution(ports),
  });
  sink.register(services.workflowExecution.query, {
    get: getWorkflowExecution(ports),
    list: listWorkflowExecutions(ports),
    listByWorkflow: listWorkflowExecutionsByWorkflow(ports),
    subscribe: subscribeWorkflowExecution(ports),
  });
  sink.register(services.workflowExecution.service, {
    run: runWorkflowExecution(ports, targets),
    awaitEnd: awaitWorkflowExecution(ports),
    list: findWorkflowExecutions(ports),
    cancel: cancelWorkflowExecution(ports),
    suspend: suspendWorkflowExecution(ports),
    resume: resumeWorkflowExecution(ports),
    retry: retryWorkflowExecution(ports),
    skip: skipTask(ports),
    goto: gotoTask(ports),
    patchContext: patchContext(ports),
    history: getHistory(ports),
    stateAt: getStateAt(ports),
    watch: watchWorkflowExecution(ports),
  });
}
