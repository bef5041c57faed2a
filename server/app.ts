import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Transport } from "@connectrpc/connect";
import { createStigmerClient } from "@stigmer/api/client.ts";
import type { Capabilities } from "@stigmer/core/check/capabilities.ts";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { isTerminal } from "@stigmer/core/protocol/state.ts";
import { type ActivityOptionsInput, activityOptions, type RunPermission } from "./activities/activity-options.ts";
import { hostCapabilities } from "./activities/capabilities.ts";
import { type ActivityHost, createActivityHost } from "./activities/index.ts";
import type { Config } from "./config/settings.ts";
import { version } from "./config/version.ts";
import { coreInterpreter } from "./engine/embedded/core-interpreter.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "./engine/embedded/embedded-engine.ts";
import type { EngineClock } from "./engine/embedded/ports.ts";
import { armFailpointFromEnvironment, nodeClock, nodeRandom, nodeScheduler } from "./engine/embedded/node-ports.ts";
import { jqEventExpressions } from "./events/jq-event-expressions.ts";
import { type OpenedSinks, openSinks, SinkUnreachable } from "./triggers/open-sinks.ts";
import { KeyedLock } from "./pipeline/keyed-lock.ts";
import { pipelineTelemetry } from "./pipeline/pipeline-telemetry.ts";
import { ResourceCounts } from "./pipeline/resource-counts.ts";
import { UlidSource } from "./pipeline/resource-id.ts";
import { KeyFileFault, readKeyFile } from "./resources/key-file.ts";
import type { ResourcePorts, ServerFacts } from "./resources/ports.ts";
import { registerResources } from "./resources/register.ts";
import { SecretBox } from "./resources/secret-box.ts";
import { backupToFile } from "./resources/server/backup-file.ts";
import { pinnedDocument } from "./resources/workflow/pinned-document.ts";
import { scheduleSpaces } from "./resources/workflow/record-schedule.ts";
import type { Store, Write } from "./store/ports.ts";
import { openSqliteStore } from "./store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import { StoreOpenError } from "./store/sqlite/store-open-error.ts";
import { type Logger, createLogger } from "./telemetry/logger.ts";
import { createMetrics, type Gathered } from "./telemetry/metrics.ts";
import { startTracing, type Tracing } from "./telemetry/start-tracing.ts";
import { noTracer } from "./telemetry/tracing.ts";
import { cloudEventsRoute } from "./transport/http/cloud-events-route.ts";
import { runOutputRoute } from "./transport/http/run-output-route.ts";
import { ListenError } from "./transport/listen-address.ts";
import { Crowd } from "./transport/crowd.ts";
import { type ServerTransport, createServerTransport } from "./transport/server-transport.ts";
import { startThroughApi } from "./triggers/start-through-api.ts";
import { Triggers } from "./triggers/triggers.ts";

/* The composition root: the one file that knows everybody. It makes the parts, hands each what it needs of the others, and takes them down in reverse. */

/** A server that could not start; the text says what, where and what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** A running server. */
export interface App {
  readonly version: string;
  /** `host:port` of the one port; empty for an ephemeral server in this process. */
  readonly address: string;
  /** Lines for people: what runs where. */
  readonly banner: readonly (readonly [string, string])[];
  /** Calls without a network, as the system principal. */
  readonly inProcess: Transport;
  /** Resolves if the server can not go on: the store failed. */
  readonly failed: Promise<Error>;
  /** Drains and stops. Runs stay as they are and go on at the next start. */
  close(): Promise<void>;
}

const EPHEMERAL = ":memory:";

/** Starts a server. Rejects with StartError where the caller's settings, files or addresses are at fault. `listens` false makes one that is reached in process only. */
export async function startApp(config: Config, listens = true): Promise<App> {
  try {
    return await start(config, listens);
  } catch (error) {
    if (
      error instanceof StoreOpenError ||
      error instanceof SinkUnreachable ||
      error instanceof KeyFileFault ||
      error instanceof ListenError
    )
      throw new StartError(error.message, { cause: error });
    throw error;
  }
}

async function start(config: Config, listens: boolean): Promise<App> {
  const logger = createLogger({
    level: config.logLevel,
    format: config.logFormat === "auto" ? (process.stderr.isTTY ? "text" : "json") : config.logFormat,
  });
  armFailpointFromEnvironment(process.env);
  const dataPath = config.ephemeral ? EPHEMERAL : path.resolve(config.data);
  const box = new SecretBox(
    config.ephemeral ? { current: new Uint8Array(randomBytes(32)) } : keyRing(dataPath),
    randomBytes,
  );
  const metrics = createMetrics(true);
  const crowd = new Crowd();
  const sqlite = await openSqliteStore({
    path: config.ephemeral ? EPHEMERAL : path.join(dataPath, "stigmer.db"),
    programVersion: version,
    queuedWritesMax: config.limitCommitQueue,
    isHeld: () => crowd.isEntering,
    measured: (writes, seconds, flushSeconds) => metrics.commit(writes, seconds, flushSeconds),
  });
  const activitySettings = activityOptionsOf(config, logger, () => metrics.networkBlocked());
  const capabilities = hostCapabilities(activitySettings);
  const activities = createActivityHost(activitySettings);
  const tracing = startTracing({
    endpoint: config.traceEndpoint === "" ? (process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "") : config.traceEndpoint,
    headers: process.env["OTEL_EXPORTER_OTLP_HEADERS"] ?? "",
    sampled: config.tracePercent / 100,
    version,
    logger,
  });
  const clock = nodeClock();
  const expressions = jqEventExpressions(() => clock.nowMs());
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  let engine: EmbeddedEngine | undefined;
  let transport: ServerTransport | undefined;
  const client = createStigmerClient({
    unary: (...args) => (transport as ServerTransport).inProcess.unary(...args),
    stream: (...args) => (transport as ServerTransport).inProcess.stream(...args),
  });
  const changed = { schedule: (_workflowId: string): void => {} };
  const store = observed(sqlite, (workflowId) => changed.schedule(workflowId));
  transport = createServerTransport({
    logger,
    metrics,
    tracer: tracing.tracer,
    version,
    insecure: config.insecure,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    requestBytesMax: config.limitRequestBytes,
    headerBytesMax: config.limitHeaderBytes,
    streamsMax: config.limitStreams,
    waitingMax: config.limitRequestQueue,
    crowd,
    routes: [cloudEventsRoute(client), runOutputRoute(client)],
  });
  const runtime = { name: "stigmer", version };
  const later = (delayMs: number, task: () => void): (() => void) => {
    const scheduled = nodeScheduler.after(delayMs, task);
    return () => scheduled.cancel();
  };
  const outgoing = await openSinks(config.eventSinks, activityOptions(activitySettings), config.limitEventBacklog, {
    store: sqlite,
    later,
    warn: (message, fields) => logger.warn(message, fields),
    meter: {
      event: (host, outcome) => metrics.sinkEvent(host, outcome),
      failed: (host) => metrics.sinkFailed(host),
      queued: (host, change) => metrics.sinkQueued(host, change),
    },
  });
  const triggers = new Triggers({
    store,
    expressions,
    runtime: { ...runtime, metadata: {} },
    nowMs: () => clock.nowMs(),
    later,
    start: startThroughApi(client),
    warn: (message, error) => logger.warn(message, { err: error }),
  });
  changed.schedule = (workflowId) => triggers.changed(workflowId);

  const ports: ResourcePorts = {
    environment: {
      store,
      ulids: new UlidSource(() => clock.nowMs(), randomBytes),
      locks: new KeyedLock(),
      counts: new ResourceCounts(store.resources),
      telemetry: pipelineTelemetry(metrics, tracing.tracer !== noTracer),
      nowMs: () => clock.nowMs(),
    },
    engine: () => engine as EmbeddedEngine,
    clients: client,
    secrets: box,
    loadDefinition: (text) => loadWorkflow(text, { capabilities }),
    facts: factsOf(config, dataPath, capabilities, () => transport?.readiness.isReady === true),
    ...(config.ephemeral
      ? {}
      : {
          backup: async (target) => {
            const made = await backupToFile({ store: sqlite, dataPath, nowMs: () => clock.nowMs() }, target);
            metrics.backedUp(clock.nowMs());
            return made;
          },
        }),
  };
  const children = registerResources(transport.registry, ports);
  // Before the engine takes runs up: what they publish then must find who waits for it.
  await outgoing.sinks.load();
  await triggers.load();
  engine = await openEmbeddedEngine(
    {
      store,
      clock,
      scheduler: nodeScheduler,
      random: nodeRandom,
      interpreter: coreInterpreter,
      activities: activities.runner,
      definitions: { load: async (digest) => pinnedDocument(await store.definitions.byDigest(digest)) },
      children,
      secrets: box,
      expressions,
      meter: metrics,
      hooks: {
        traces: (row) => {
          if (row.status !== "quarantined" && isTerminal(row.status)) triggers.ended(row);
        },
        published: (org, events) => triggers.published(org, events),
        quarantined: (run, reason) => {
          metrics.quarantined();
          logger.error("A run is quarantined", { run, reason });
        },
        failed: (error) => fail(error),
        warn: (message, error) => logger.warn(message, { err: error }),
      },
      outlets: {
        triggerTypes: (org) => triggers.lifecycleTypes(org),
        sinkTypes: (org) => outgoing.sinks.lifecycleTypes(org),
        sinkWrites: (org, run, event) => outgoing.sinks.writes(org, run, event),
        queued: (writes) => outgoing.sinks.queued(writes),
      },
    },
    {
      inlineCharsMax: config.limitInlineBytes,
      watchBufferMax: config.limitWatchEvents,
      ...(tracing.tracer === noTracer ? {} : { traceShare: config.tracePercent / 100 }),
      runtime,
    },
  );
  metrics.gatherFrom(gathering(sqlite, engine, clock));
  const begunMs = clock.monotonicMs();
  void engine.recovered.then(
    ({ runs }) => metrics.recovered((clock.monotonicMs() - begunMs) / 1000, runs),
    () => undefined,
  );
  transport.readiness.isReady = true;
  try {
    const bound = listens ? await transport.listen(config.host, config.port) : undefined;
    triggers.begin();
    outgoing.sinks.start();
    const address =
      bound === undefined ? "" : `${bound.address.includes(":") ? `[${bound.address}]` : bound.address}:${bound.port}`;
    return {
      version,
      address,
      banner: bannerOf(config, address, dataPath),
      inProcess: transport.inProcess,
      failed,
      close: () =>
        close(
          {
            transport: transport as ServerTransport,
            triggers,
            engine: engine as EmbeddedEngine,
            activities,
            outgoing,
            sqlite,
            tracing,
          },
          config.drainTimeout,
        ),
    };
  } catch (error) {
    await close({ transport, triggers, engine, activities, outgoing, sqlite, tracing }, 0);
    throw error;
  }
}

/** What the metrics ask for when they are read. */
function gathering(sqlite: SqliteStore, engine: EmbeddedEngine, clock: EngineClock): () => Promise<Gathered> {
  const offsetMs = clock.nowMs() - clock.monotonicMs();
  return async () => {
    const { runs, running, queued } = engine.load;
    const { fileBytes, logBytes, diskFreeBytes } = sqlite.inspect();
    return {
      executionsByStatus: await sqlite.runs.countByStatus(),
      queuedWrites: sqlite.figures().queuedWrites,
      runsInMemory: runs,
      activities: { running, queued },
      databaseBytes: fileBytes,
      logBytes,
      diskFreeBytes,
      clockJumpSeconds: (clock.nowMs() - clock.monotonicMs() - offsetMs) / 1000,
    };
  };
}

interface Parts {
  readonly transport: ServerTransport;
  readonly triggers: Triggers;
  readonly engine: EmbeddedEngine;
  readonly activities: ActivityHost;
  readonly outgoing: OpenedSinks;
  readonly sqlite: SqliteStore;
  readonly tracing: Tracing;
}

/** Takes the parts down in reverse: no new requests, no new starts, activities end, connections and files close. */
async function close(
  { transport, triggers, engine, activities, outgoing, sqlite, tracing }: Parts,
  drainMs: number,
): Promise<void> {
  await transport.close(drainMs);
  await triggers.end();
  await engine.stop(drainMs);
  await outgoing.close();
  await activities.close();
  await sqlite.close();
  await tracing.close();
}

/** The store, watched for changes of schedules: whoever writes one, the triggers hear of it once it is durable. */
function observed(store: Store, scheduleChanged: (workflowId: string) => void): Store {
  return {
    resources: store.resources,
    definitions: store.definitions,
    runs: store.runs,
    journal: store.journal,
    timers: store.timers,
    subscriptions: store.subscriptions,
    records: store.records,
    async commit(batch: readonly Write[]) {
      await store.commit(batch);
      for (const write of batch) {
        if (write.op === "putRecord" && write.row.space === scheduleSpaces.records) scheduleChanged(write.row.key);
        if (write.op === "deleteRecord" && write.space === scheduleSpaces.records) scheduleChanged(write.key);
      }
    },
    health: () => store.health(),
    close: () => store.close(),
  };
}

function keyRing(dataPath: string): ReturnType<typeof readKeyFile> {
  try {
    mkdirSync(dataPath, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartError(
      `Cannot use data directory "${dataPath}": ${(error as NodeJS.ErrnoException).code === "EACCES" ? "permission denied" : (error as Error).message}; choose another with --data`,
      { cause: error },
    );
  }
  return readKeyFile(path.join(dataPath, "secrets.key"));
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+(\/\d+)?|localhost|::1(\/\d+)?)$/u;

function activityOptionsOf(config: Config, logger: Logger, blocked: () => void): ActivityOptionsInput {
  const allowLoopback = config.allowNetwork.some((range) => LOOPBACK.test(range));
  return {
    network: { allow: config.allowNetwork, allowLoopback, blocked },
    http: {
      responseBytesMax: config.limitResponseBytes,
      redirectsMax: config.limitRedirects,
      timeoutMs: config.limitCallTime,
    },
    run: {
      allow: config.allowRun as readonly RunPermission[],
      sandbox: config.sandbox,
      containerNetwork: config.containerNetwork,
      volumeRoots: config.volumeRoots,
    },
    resources: {
      ...(config.resourceRoot === "" ? {} : { fileRoot: config.resourceRoot }),
      ...(config.catalogRoot === "" ? {} : { catalogRoot: config.catalogRoot }),
    },
    now: () => Date.now(),
    log: (message, fields) => logger.warn(message, fields),
  };
}

function factsOf(config: Config, dataPath: string, capabilities: Capabilities, ready: () => boolean): ServerFacts {
  return {
    version,
    engine: "embedded",
    dataPath: config.ephemeral ? "" : dataPath,
    persistence: config.ephemeral
      ? "none: everything is lost when the server ends"
      : "SQLite, every write synced before it is acknowledged",
    limits: Object.fromEntries(
      Object.entries(config).filter(
        (entry): entry is [string, number] => entry[0].startsWith("limit") && typeof entry[1] === "number",
      ),
    ),
    capabilities: [
      ...[...capabilities.scriptLanguages].map((language) => `script:${language}`),
      ...(capabilities.shell ? ["shell"] : []),
      ...(capabilities.container ? ["container"] : []),
      ...(capabilities.mcpStdio ? ["mcp-stdio"] : []),
      ...[...capabilities.asyncApiProtocols].map((protocol) => `asyncapi:${protocol}`),
    ],
    dslVersions: ["1.0.0", "1.0.1", "1.0.2", "1.0.3"],
    startedAtMs: Date.now(),
    runtime: `node ${process.version}`,
    ready,
  };
}

function bannerOf(config: Config, address: string, dataPath: string): readonly (readonly [string, string])[] {
  return [
    ["API", `http://${address}  (gRPC, gRPC-Web, Connect, JSON; health at /readyz, metrics at /metrics)`],
    [
      "data",
      config.ephemeral ? "in memory: lost at the end" : `${dataPath}  (durable: every acknowledged write is synced)`,
    ],
    ["engine", "embedded"],
    [
      "network",
      config.allowNetwork.length === 0
        ? "workflows may call public addresses only (--allow-network opens others)"
        : `workflows may also call ${config.allowNetwork.join(", ")}`,
    ],
  ];
}
