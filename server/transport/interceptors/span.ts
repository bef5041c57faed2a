import type { Span, Tracer } from "../../telemetry/tracing.ts";
import type { Call } from "../call.ts";
import type { Interceptor } from "../interceptor.ts";

/** A span for every call, under the caller's `traceparent`. */
export function callSpans(tracer: Tracer): Interceptor {
  const spans = new WeakMap<Call, Span>();
  return {
    before: (call, entry) => {
      const attributes = { "rpc.method": entry.label, "rpc.system": call.protocol, "request.id": call.requestId };
      spans.set(call, tracer.start(entry.label, attributes, call.requestHeader.get("traceparent") ?? undefined));
    },
    after: (call, _entry, failure) => spans.get(call)?.end(failure),
  };
}
