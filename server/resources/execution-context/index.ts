import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { applyExecutionContext } from "./apply.ts";
import { createExecutionContext } from "./create.ts";
import { deleteExecutionContext } from "./delete.ts";
import { getExecutionContext } from "./get.ts";
import { getExecutionContextByReference } from "./get-by-reference.ts";

/** Registers the services of execution contexts. */
export function registerExecutionContext(sink: ServiceSink, ports: ResourcePorts): void {
  sink.register(services.executionContext.command, {
    apply: applyExecutionContext(ports),
    create: createExecutionContext(ports),
    delete: deleteExecutionContext(ports),
  });
  sink.register(services.executionContext.query, {
    get: getExecutionContext(ports),
    getByReference: getExecutionContextByReference(ports),
  });
}
