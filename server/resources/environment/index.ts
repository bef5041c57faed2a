import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { applyEnvironment } from "./apply.ts";
import { createEnvironment } from "./create.ts";
import { deleteEnvironment } from "./delete.ts";
import { getEnvironment } from "./get.ts";
import { getEnvironmentByReference } from "./get-by-reference.ts";
import { listEnvironments } from "./list.ts";
import { updateEnvironment } from "./update.ts";

/** Registers the services of environments. */
export function registerEnvironment(sink: ServiceSink, ports: ResourcePorts): void {
  sink.register(services.environment.command, {
    apply: applyEnvironment(ports),
    create: createEnvironment(ports),
    update: updateEnvironment(ports),
    delete: deleteEnvironment(ports),
  });
  sink.register(services.environment.query, {
    get: getEnvironment(ports),
    getByReference: getEnvironmentByReference(ports),
  });
  sink.register(services.environment.service, {
    list: listEnvironments(ports),
  });
}
