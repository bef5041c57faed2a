import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { backupServer } from "./backup.ts";
import { getServerInfo } from "./info.ts";

/** Registers the service of the server itself. */
export function registerServer(sink: ServiceSink, ports: ResourcePorts): void {
  sink.register(services.server.service, { info: getServerInfo(ports), backup: backupServer(ports) });
}
