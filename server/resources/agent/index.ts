import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { applyAgent } from "./apply.ts";
import { createAgent } from "./create.ts";
import { deleteAgent } from "./delete.ts";
import { getAgent } from "./get.ts";
import { getAgentByReference } from "./get-by-reference.ts";
import { listAgents } from "./list.ts";
import { updateAgent } from "./update.ts";

/** Registers the services of agents. */
export function registerAgent(sink: ServiceSink, ports: ResourcePorts): void {
  sink.register(services.agent.command, {
    apply: applyAgent(ports),
    create: createAgent(ports),
    update: updateAgent(ports),
    delete: deleteAgent(ports),
  });
  sink.register(services.agent.query, {
    get: getAgent(ports),
    getByReference: getAgentByReference(ports),
  });
  sink.register(services.agent.service, {
    list: listAgents(ports),
  });
}
