import { registerAgent } from "./agent/index.ts";
import { registerAgentInstance } from "./agent-instance/index.ts";
import { DefinitionCache } from "./definition-cache.ts";
import { registerEnvironment } from "./environment/index.ts";
import { registerEvent } from "./event/index.ts";
import { registerExecutionContext } from "./execution-context/index.ts";
import type { ResourcePorts } from "./ports.ts";
import { registerServer } from "./server/index.ts";
import type { ServiceSink } from "./service-registry.ts";
import { RunStarter } from "./workflow-execution/child-starter.ts";
import { registerWorkflowExecution } from "./workflow-execution/index.ts";
import { Reports } from "./workflow-execution/reports.ts";
import { registerWorkflow } from "./workflow/index.ts";
import { registerWorkflowInstance } from "./workflow-instance/index.ts";

/**
 * Registers every service in one pass. Kinds reach each other only through the in-process clients in `ports`, which look a method up when it is called: the order of registration does not
 * matter, and the circle Workflow.create, WorkflowInstance.create, Workflow.get closes by itself. Returns what starts child runs for the engine.
 */
export function registerResources(sink: ServiceSink, ports: ResourcePorts): RunStarter {
  const definitions = new DefinitionCache(ports.environment.store);
  const executionPorts = { ...ports, definitions, reports: new Reports() };
  registerWorkflow(sink, ports);
  registerWorkflowInstance(sink, ports);
  registerWorkflowExecution(sink, executionPorts);
  registerEnvironment(sink, ports);
  registerExecutionContext(sink, ports);
  registerAgent(sink, ports);
  registerAgentInstance(sink, ports);
  registerEvent(sink, ports);
  registerServer(sink, ports);
  return new RunStarter(executionPorts);
}
