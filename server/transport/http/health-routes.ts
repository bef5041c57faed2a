import type { Metrics } from "../../telemetry/metrics.ts";
import { type HttpRoute, jsonResponse } from "./http-route.ts";

/**
 * What orchestrators ask: `/livez` says that the process answers, `/readyz` that it can serve (after recovery, before the drain), `/healthz` the same under the name that tools expect.
 */
export function healthRoutes(isReady: () => boolean): readonly HttpRoute[] {
  const noStore = { "cache-control": "no-store" };
  const readiness = (path: string): HttpRoute => ({
    path,
    methods: ["GET"],
    isUrgent: true,
    handle: () =>
      isReady()
        ? jsonResponse(200, { status: "ready" }, noStore)
        : jsonResponse(503, { status: "not ready" }, { ...noStore, "retry-after": "1" }),
  });
  return [
    {
      path: "/livez",
      methods: ["GET"],
      isUrgent: true,
      handle: () => jsonResponse(200, { status: "alive" }, noStore),
    },
    readiness("/readyz"),
    readiness("/healthz"),
  ];
}

/** Metrics in the text format of Prometheus. */
export function metricsRoute(metrics: Metrics): HttpRoute {
  return {
    path: "/metrics",
    methods: ["GET"],
    isUrgent: true,
    handle: async () => {
      const { body, contentType } = await metrics.render();
      return { status: 200, headers: { "content-type": contentType, "cache-control": "no-store" }, body };
    },
  };
}
