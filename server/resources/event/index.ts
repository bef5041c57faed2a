import { services } from "@stigmer/api/services.ts";
import type { ResourcePorts } from "../ports.ts";
import type { ServiceSink } from "../service-registry.ts";
import { publishEvent, publishEventBatch } from "./publish.ts";
import { PublishedEvents } from "./published-events.ts";

/** Registers the door for CloudEvents. */
export function registerEvent(sink: ServiceSink, ports: ResourcePorts): void {
  const published = new PublishedEvents();
  sink.register(services.event.service, {
    publish: publishEvent(ports, published),
    publishBatch: publishEventBatch(ports, published),
  });
}
