import { WorkflowQueryController } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/query_pb.ts";

import { createLogger } from "../../server/telemetry/logger.ts";
import { createMetrics } from "../../server/telemetry/metrics.ts";
import { createServerTransport, type ServerTransport } from "../../server/transport/server-transport.ts";

/** Our transport, with all its interceptors, in front of a handler that does nothing. */
export async function startTransport(): Promise<ServerTransport> {
  const transport = createServerTransport({
    logger: createLogger({ level: "warn", format: "json" }),
    metrics: createMetrics(true),
    version: "0.0.0",
  });
  transport.registry.register(WorkflowQueryController, { get: async ({ value }) => ({ metadata: { id: value } }) });
  transport.readiness.isReady = true;
  return transport;
}
