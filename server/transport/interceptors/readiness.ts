import { ApiError } from "../../errors/api-error.ts";
import type { Interceptor } from "../interceptor.ts";

const RETRY_AFTER_MS = 500;

/** Refuses calls from outside while the server recovers or stops. The server's own calls go on, since recovery makes some; so do health and reflection. */
export function readiness(isReady: () => boolean): Interceptor {
  return {
    before: (call, entry) => {
      if (entry.isOpen || call.protocol === "in-process" || isReady()) return;
      throw new ApiError(
        "SERVER_NOT_READY",
        "Cannot serve the call: the server is starting or stopping, try again shortly",
        { retryAfterMs: RETRY_AFTER_MS },
      );
    },
  };
}
