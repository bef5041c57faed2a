import { randomBytes } from "node:crypto";
import { createOtlpTracer } from "./otlp-tracer.ts";
import type { Logger } from "./logger.ts";
import { noTracer, type Tracer } from "./tracing.ts";

const FLUSH_MS = 2000;
const SEND_MAX_MS = 5000;

/** Where traces go. */
export interface TracingOptions {
  /** Base of an OTLP/HTTP collector, such as `http://127.0.0.1:4318`; empty for no tracing. */
  readonly endpoint: string;
  /** Share of the traces begun here that are kept, 0 to 1. */
  readonly sampled: number;
  readonly version: string;
  readonly logger: Logger;
  /** Headers for the collector, as `OTEL_EXPORTER_OTLP_HEADERS` has them: `name=value,name=value`. */
  readonly headers: string;
}

/** A tracer at work, and how to end it. */
export interface Tracing {
  readonly tracer: Tracer;
  close(): Promise<void>;
}

/** Starts to send spans to a collector every two seconds; without an endpoint nothing is traced, at no cost. */
export function startTracing({ endpoint, sampled, version, logger, headers }: TracingOptions): Tracing {
  if (endpoint === "") return { tracer: noTracer, close: () => Promise.resolve() };
  const url = `${endpoint.replace(/\/+$/u, "")}/v1/traces`;
  const sent = { "content-type": "application/json", ...headersOf(headers) };
  const tracer = createOtlpTracer({
    version,
    sampled,
    hex: (bytes) => randomBytes(bytes).toString("hex"),
    random: Math.random,
    nowMs: () => performance.timeOrigin + performance.now(),
    failed: (error, dropped) => logger.warn("Cannot send spans", { endpoint, dropped, err: error }),
    send: async (body) => {
      const response = await fetch(url, {
        method: "POST",
        headers: sent,
        body,
        redirect: "error",
        signal: AbortSignal.timeout(SEND_MAX_MS),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`the collector answered with HTTP status ${response.status}`);
    },
  });
  const timer = setInterval(() => void tracer.flush(), FLUSH_MS).unref();
  return {
    tracer,
    close: () => {
      clearInterval(timer);
      return tracer.flush();
    },
  };
}

function headersOf(text: string): { [name: string]: string } {
  const pairs = text.split(",").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals < 1
      ? []
      : [[pair.slice(0, equals).trim(), decodeURIComponent(pair.slice(equals + 1).trim())] as const];
  });
  return Object.fromEntries(pairs);
}
