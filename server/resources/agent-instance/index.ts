import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { applyAgentInstance } from "./apply.ts";
import { createAgentInstance } from "./create.ts";
import { deleteAgentInstance } from "./delete.ts";
import { getAgentInstance } from "./get.ts";
import { getAgentInstancesByAgent } from "./get-by-agent.ts";
import { getAgentInstanceByReference } from "./get-by-reference.ts";
import { listAgentInstances } from "./list.ts";
import { updateAgentInstance } from "./update.ts";

/** Registers the services of agent instances. */
export function registerAgentInstance(sink: ServiceSink, ports: ResourcePorts): void {
  sink.register(services.agentInstance.command, {
    apply: applyAgentInstance(ports),
    create: createAgentInstance(ports),
    update: updateAgentInstance(ports),
    delete: deleteAgentInstance(ports),
  });
  sink.register(services.agentInstance.query, {
    get: getAgentInstance(ports),
    getByReference: getAgentInstanceByReference(ports),
    getByAgent: getAgentInstancesByAgent(ports),
  });
  sink.register(services.agentInstance.service, {
    list: listAgentInstances(ports),
  });
}
