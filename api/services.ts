import { AgentCommandController } from "./gen/ai/stigmer/agentic/agent/v1/command_pb.ts";
import { AgentQueryController } from "./gen/ai/stigmer/agentic/agent/v1/query_pb.ts";
import { AgentInstanceCommandController } from "./gen/ai/stigmer/agentic/agentinstance/v1/command_pb.ts";
import { AgentInstanceQueryController } from "./gen/ai/stigmer/agentic/agentinstance/v1/query_pb.ts";
import { EnvironmentCommandController } from "./gen/ai/stigmer/agentic/environment/v1/command_pb.ts";
import { EnvironmentQueryController } from "./gen/ai/stigmer/agentic/environment/v1/query_pb.ts";
import { ExecutionContextCommandController } from "./gen/ai/stigmer/agentic/executioncontext/v1/command_pb.ts";
import { ExecutionContextQueryController } from "./gen/ai/stigmer/agentic/executioncontext/v1/query_pb.ts";
import { WorkflowCommandController } from "./gen/ai/stigmer/agentic/workflow/v1/command_pb.ts";
import { WorkflowQueryController } from "./gen/ai/stigmer/agentic/workflow/v1/query_pb.ts";
import { WorkflowExecutionCommandController } from "./gen/ai/stigmer/agentic/workflowexecution/v1/command_pb.ts";
import { WorkflowExecutionQueryController } from "./gen/ai/stigmer/agentic/workflowexecution/v1/query_pb.ts";
import { WorkflowInstanceCommandController } from "./gen/ai/stigmer/agentic/workflowinstance/v1/command_pb.ts";
import { WorkflowInstanceQueryController } from "./gen/ai/stigmer/agentic/workflowinstance/v1/query_pb.ts";
import { AgentInstanceService } from "./gen/ai/stigmer/orchestration/v1/agent_instance_pb.ts";
import { AgentService } from "./gen/ai/stigmer/orchestration/v1/agent_pb.ts";
import { EnvironmentService } from "./gen/ai/stigmer/orchestration/v1/environment_pb.ts";
import { EventService } from "./gen/ai/stigmer/orchestration/v1/event_pb.ts";
import { ServerService } from "./gen/ai/stigmer/orchestration/v1/server_pb.ts";
import { WorkflowExecutionService } from "./gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { WorkflowInstanceService } from "./gen/ai/stigmer/orchestration/v1/workflow_instance_pb.ts";
import { WorkflowService } from "./gen/ai/stigmer/orchestration/v1/workflow_pb.ts";

/**
 * Every service of the API, grouped by what it is about: `command` and `query` are published, `service` is our own addition.
 * The one list that clients, reference documentation and the wire lock are made from.
 */
export const services = {
  workflow: { command: WorkflowCommandController, query: WorkflowQueryController, service: WorkflowService },
  workflowInstance: {
    command: WorkflowInstanceCommandController,
    query: WorkflowInstanceQueryController,
    service: WorkflowInstanceService,
  },
  workflowExecution: {
    command: WorkflowExecutionCommandController,
    query: WorkflowExecutionQueryController,
    service: WorkflowExecutionService,
  },
  environment: {
    command: EnvironmentCommandController,
    query: EnvironmentQueryController,
    service: EnvironmentService,
  },
  executionContext: { command: ExecutionContextCommandController, query: ExecutionContextQueryController },
  agent: { command: AgentCommandController, query: AgentQueryController, service: AgentService },
  agentInstance: {
    command: AgentInstanceCommandController,
    query: AgentInstanceQueryController,
    service: AgentInstanceService,
  },
  event: { service: EventService },
  server: { service: ServerService },
} as const;
