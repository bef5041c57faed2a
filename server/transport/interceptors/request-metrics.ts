import type { Metrics } from "../../telemetry/metrics.ts";
import type { Interceptor } from "../interceptor.ts";

/** Counts and times calls from outside. In-process calls are a part of those and would be counted twice. */
export function requestMetrics(metrics: Metrics): Interceptor {
  return {
    after: (call, entry, failure) => {
      if (call.protocol === "in-process") return;
      metrics.request(
        entry.label,
        failure === undefined ? "ok" : failure.code.toLowerCase(),
        (performance.now() - call.startedMs) / 1000,
      );
    },
  };
}
