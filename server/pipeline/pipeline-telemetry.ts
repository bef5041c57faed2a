import { createContextKey } from "@connectrpc/connect";
import { ApiError } from "../errors/api-error.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Span } from "../telemetry/tracing.ts";
import type { PipelineTelemetry } from "./step.ts";

/** The span of a call, kept in its values by the transport when the server traces. */
export const spanKey = createContextKey<Span | undefined>(undefined, { description: "span of the call" });

/** The span of the call that made this one, handed over by in-process clients. */
export const parentSpanKey = createContextKey<Span | undefined>(undefined, { description: "span of the caller" });

/** Counts and times every step, and traces it under the span of its call; `isTracing` false leaves the calls' values, which are made at the first look, alone. */
export function pipelineTelemetry(metrics: Pick<Metrics, "step">, isTracing: boolean): PipelineTelemetry {
  return {
    step: (pipeline, step) => {
      const meter = metrics.step(pipeline, step);
      return {
        started: (call) => {
          const span = isTracing ? call.values.get(spanKey)?.child(`${pipeline}/${step}`) : undefined;
          const startedMs = performance.now();
          return (failure) => {
            const seconds = (performance.now() - startedMs) / 1000;
            meter.ended(seconds, failure === undefined ? undefined : codeOf(failure));
            span?.end(failure);
          };
        },
      };
    },
  };
}

function codeOf(failure: unknown): string {
  return failure instanceof ApiError ? failure.code.toLowerCase() : "internal";
}
