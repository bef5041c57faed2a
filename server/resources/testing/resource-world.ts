import { randomBytes } from "node:crypto";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityContext } from "../../activities/activity.ts";
import { coreInterpreter } from "../../engine/embedded/core-interpreter.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "../../engine/embedded/embedded-engine.ts";
import { nodeClock, nodeRandom, nodeScheduler } from "../../engine/embedded/node-ports.ts";
import { jqEventExpressions } from "../../events/jq-event-expressions.ts";
import { KeyedLock } from "../../pipeline/keyed-lock.ts";
import { ResourceCounts } from "../../pipeline/resource-counts.ts";
import { UlidSource } from "../../pipeline/resource-id.ts";
import { pipelineTelemetry } from "../../pipeline/pipeline-telemetry.ts";
import type { PipelineTelemetry } from "../../pipeline/step.ts";
import { createMemoryStore, type MemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/ports.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { createMetrics, type Metrics } from "../../telemetry/metrics.ts";
import type { Tracer } from "../../telemetry/tracing.ts";
import { createServerTransport, type ServerTransport } from "../../transport/server-transport.ts";
import type { ResourcePorts } from "../ports.ts";
import { checkedCodes } from "./checked-codes.ts";
import { registerResources } from "../register.ts";
import { SecretBox } from "../secret-box.ts";

/** What a world may be made of. */
export interface ResourceWorldOptions<S extends Store> {
  readonly store?: S;
  readonly telemetry?: PipelineTelemetry;
  readonly tracer?: Tracer;
  /** Answers activities of runs; `{}` unless given. */
  readonly activity?: (input: JsonObject, context: ActivityContext) => Promise<JsonObject>;
  readonly key?: Uint8Array;
  readonly logLines?: string[];
}

/** The resources as the server has them: on a store, with the real engine and the real transport, reached in process or over the wire. */
export interface ResourceWorld<S extends Store = MemoryStore> {
  readonly store: S;
  readonly client: StigmerClient;
  readonly transport: ServerTransport;
  readonly metrics: Metrics;
  readonly engine: EmbeddedEngine;
  readonly ports: ResourcePorts;
  close(): Promise<void>;
}

/** Opens a world. */
export async function openResourceWorld<S extends Store = MemoryStore>(
  options: ResourceWorldOptions<S> = {},
): Promise<ResourceWorld<S>> {
  const store = options.store ?? (createMemoryStore() as unknown as S);
  const clock = nodeClock();
  const secrets = new SecretBox({ current: options.key ?? new Uint8Array(randomBytes(32)) }, randomBytes);
  const { logLines } = options;
  const logger = createLogger(
    logLines === undefined
      ? { level: "silent", format: "json" }
      : { level: "debug", format: "json", write: (line) => void logLines.push(line) },
  );
  const metrics = createMetrics(false);
  const transport = createServerTransport({
    logger: logger,
    metrics,
    ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
    version: "0.0.0-test",
  });
  const client = createStigmerClient(transport.inProcess);
  let engine: EmbeddedEngine | undefined;
  const ports: ResourcePorts = {
    environment: {
      store,
      ulids: new UlidSource(() => clock.nowMs(), randomBytes),
      locks: new KeyedLock(),
      counts: new ResourceCounts(store.resources),
      ...checkedCodes(options.telemetry ?? pipelineTelemetry(metrics, options.tracer !== undefined)),
      nowMs: () => clock.nowMs(),
    },
    engine: () => engine as EmbeddedEngine,
    clients: client,
    secrets,
    loadDefinition: (text) => loadWorkflow(text),
    facts: {
      version: "0.0.0-test",
      engine: "embedded",
      dataPath: "",
      persistence: "memory",
      limits: { requestBytes: 4_194_304 },
      capabilities: ["script:js"],
      dslVersions: ["1.0.0", "1.0.3"],
      startedAtMs: clock.nowMs(),
      runtime: "node",
      ready: () => true,
    },
  };
  const children = registerResources(transport.registry, ports);
  engine = await openEmbeddedEngine({
    store,
    clock,
    scheduler: nodeScheduler,
    random: nodeRandom,
    interpreter: coreInterpreter,
    activities: {
      run: async (_kind, input, context) => (await options.activity?.(input, context)) ?? {},
      consume: () => new Promise(() => undefined),
    },
    definitions: {
      load: async (digest) => {
        const row = await store.definitions.byDigest(digest);
        return row === undefined ? undefined : (JSON.parse(row.document) as WorkflowDocument);
      },
    },
    children,
    secrets,
    expressions: jqEventExpressions(() => clock.nowMs()),
    hooks: {},
  });
  transport.readiness.isReady = true;
  const opened = engine;
  return {
    store,
    client,
    transport,
    metrics,
    engine: opened,
    ports,
    close: async () => {
      await transport.close(0);
      await opened.stop(0);
      await store.close();
    },
  };
}
