import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type SubscribeWorkflowExecutionRequest,
  SubscribeWorkflowExecutionRequestSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/io_pb.ts";
import type { CallContext } from "../../pipeline/call-context.ts";
import { authorizeCall } from "../../pipeline/steps/authorize.ts";
import { validateMessage } from "../../pipeline/steps/validate-proto.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { followRun } from "./follow.ts";
import { findRun } from "./load-run.ts";
import { presentExecution } from "./present-execution.ts";
import { TaskList } from "./present-tasks.ts";
import { hasEnded } from "./run-status.ts";

/** Streams whole executions: the present one first, then one at each change; ends after the one that has ended, also when it had ended before. */
export function subscribeWorkflowExecution(ports: ExecutionPorts) {
  ports.environment.codes?.declare("workflow_execution.subscribe", ["INVALID_ARGUMENT", "NOT_FOUND"]);
  return async function* (
    request: SubscribeWorkflowExecutionRequest,
    call: CallContext,
  ): AsyncGenerator<WorkflowExecution> {
    authorizeCall(call.method, call.principal);
    validateMessage(SubscribeWorkflowExecutionRequestSchema, request);
    const first = await findRun(ports.environment.store.runs, request.executionId);
    const tasks = new TaskList(await ports.definitions.load(first.digest));
    for await (const { row, trace } of followRun(ports, first.id, 0, call.signal)) {
      tasks.add(trace);
      const waiting = hasEnded(row.status) ? [] : ((await ports.engine().view(row.id))?.waiting ?? []);
      yield presentExecution(row, { tasks: tasks.tasks, waiting });
    }
  };
}
