import type { Metrics } from "../../telemetry/metrics.ts";
import { authorizeCall } from "../../pipeline/steps/authorize.ts";
import type { Interceptor } from "../interceptor.ts";

/** Refuses a caller without the permission that the method declares in its proto; a method that declares nothing is denied to everybody. */
export function authorization(metrics: Metrics): Interceptor {
  return {
    before: (call, entry) => {
      if (!entry.isOpen) authorizeCall(call.method, call.principal);
    },
    after: (_call, _entry, failure) => {
      if (failure?.code === "PERMISSION_DENIED") metrics.authorizationDenied();
    },
  };
}
