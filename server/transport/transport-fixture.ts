import { create } from "@bufbuild/protobuf";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowCommandController } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/command_pb.ts";
import { WorkflowQueryController } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/query_pb.ts";
import { WorkflowExecutionService } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";

import { ApiError } from "../errors/api-error.ts";
import { waitingKey } from "../pipeline/call-context.ts";
import { StoreDamaged } from "../store/ports.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import type { Call } from "./call.ts";
import type { ServiceRegistry } from "./service-registry.ts";
import { createServerTransport, type ServerTransport, type ServerTransportOptions } from "./server-transport.ts";

/** A server with a few methods that show what the transport does with them, for tests and the RPC benchmark. */
export interface TransportFixture {
  readonly transport: ServerTransport;
  readonly port: number;
  readonly url: string;
  /** Lines of the log. */
  readonly log: string[];
  /** Calls that reached a handler. */
  readonly calls: Call[];
  close(drainMs?: number): Promise<void>;
}

/** Starts the fixture on a port of the system's choice. */
export async function startFixture(
  options: Partial<ServerTransportOptions> = {},
  registerMore: (registry: ServiceRegistry) => void = () => undefined,
): Promise<TransportFixture> {
  const log: string[] = [];
  const calls: Call[] = [];
  const transport = createServerTransport({
    logger: createLogger({ level: "info", format: "json", write: (line) => log.push(line) }),
    metrics: createMetrics(),
    version: "0.0.0",
    ...options,
  });
  registerFixture(transport, calls);
  registerMore(transport.registry);
  transport.readiness.isReady = true;
  const { port } = await transport.listen("127.0.0.1", 0);
  return {
    transport,
    port,
    url: `http://127.0.0.1:${port}`,
    log,
    calls,
    close: (drainMs = 0) => transport.close(drainMs),
  };
}

function registerFixture({ registry }: ServerTransport, calls: Call[]): void {
  registry.register(WorkflowQueryController, {
    get: async ({ value }, call) => {
      calls.push(call);
      await behave(value, call);
      return create(WorkflowSchema, { metadata: { id: value, name: call.principal.id } });
    },
  });
  registry.register(WorkflowCommandController, {
    // Gives back what it got, so that a test sees what arrived.
    create: async (workflow, call) => {
      calls.push(call);
      return workflow;
    },
  });
  registry.register(WorkflowExecutionService, {
    awaitEnd: async ({ executionId }, call) => {
      calls.push(call);
      call.values.set(waitingKey, true);
      await behave(executionId, call);
      return { executionId };
    },
    async *watch({ executionId, afterPosition }, call) {
      calls.push(call);
      const last = executionId === "endless" ? Number.POSITIVE_INFINITY : 3;
      for (let position = Number(afterPosition) + 1; position <= last; position++) {
        if (position === 3) await behave(executionId, call);
        if (position > 3) await new Promise((resolve) => setImmediate(resolve));
        yield { position: BigInt(position), last: position === last };
      }
    },
  });
}

/** What an id asks the handler to do. */
async function behave(id: string, { signal }: Call): Promise<void> {
  switch (id) {
    case "missing":
      throw new ApiError("RESOURCE_NOT_FOUND", "Workflow not found: missing", { metadata: { kind: "Workflow" } });
    case "invalid":
      throw new ApiError("REQUEST_INVALID", "metadata.name: is empty", {
        violations: [{ field: "metadata.name", description: "is empty" }],
      });
    case "busy":
      throw new ApiError("SERVER_OVERLOADED", "Cannot write: too much is waiting", { retryAfterMs: 1500 });
    case "damaged":
      throw new StoreDamaged(new Error("database disk image is malformed"));
    case "broken":
      throw new TypeError("secret detail of the inside");
    case "hanging":
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      break;
    case "deaf":
      await new Promise(() => undefined);
      break;
    default:
  }
}
