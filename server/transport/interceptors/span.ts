import { parentSpanKey, spanKey } from "../../pipeline/pipeline-telemetry.ts";
import type { Tracer } from "../../telemetry/tracing.ts";
import type { Interceptor } from "../interceptor.ts";

/** A span for every call: under that of the request it is a part of, else under the caller's `traceparent`. The steps of the call find it in the call's values. */
export function callSpans(tracer: Tracer): Interceptor {
  return {
    before: (call, entry) => {
      const attributes = { "rpc.method": entry.label, "rpc.system": call.protocol, "request.id": call.requestId };
      const parent = call.values.get(parentSpanKey);
      const span =
        parent === undefined
          ? tracer.start(entry.label, attributes, call.requestHeader.get("traceparent") ?? undefined)
          : parent.child(entry.label, attributes);
      call.values.set(spanKey, span);
    },
    after: (call, _entry, failure) => call.values.get(spanKey)?.end(failure),
  };
}
