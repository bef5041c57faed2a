import { Health, HealthCheckResponse_ServingStatus as Status } from "@stigmer/api/gen/grpc/health/v1/health_pb.ts";

import { ApiError } from "../errors/api-error.ts";
import type { ServiceRegistry } from "./service-registry.ts";

/** Whether the server can serve, with notice of changes. */
export class Readiness {
  #isReady = false;
  readonly #listeners = new Set<() => void>();

  /** True between the end of recovery and the beginning of the drain. */
  get isReady(): boolean {
    return this.#isReady;
  }

  set isReady(value: boolean) {
    if (value === this.#isReady) return;
    this.#isReady = value;
    for (const listener of this.#listeners) listener();
  }

  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#listeners.add(done);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }
}

/** Registers grpc.health.v1: the server is ready or not as a whole, and each of its services with it. */
export function registerHealth(registry: ServiceRegistry, readiness: Readiness): void {
  const isKnown = (service: string): boolean =>
    service === "" || registry.services.some((known) => known.typeName === service);
  const now = (): Status => (readiness.isReady ? Status.SERVING : Status.NOT_SERVING);
  registry.register(
    Health,
    {
      check: async ({ service }) => {
        if (!isKnown(service))
          throw new ApiError(
            "RESOURCE_NOT_FOUND",
            `Cannot find service "${service.slice(0, 200)}": this server does not have it`,
          );
        return { status: now() };
      },
      list: async () => {
        const names = ["", ...registry.services.map((service) => service.typeName)];
        return { statuses: Object.fromEntries(names.map((name) => [name, { status: now() }])) };
      },
      async *watch({ service }, { signal }) {
        while (!signal.aborted) {
          // Listening begins before the answer leaves, so that no change in between is missed.
          const change = readiness.changed(signal);
          yield { status: isKnown(service) ? now() : Status.SERVICE_UNKNOWN };
          await change;
        }
      },
    },
    { access: "open" },
  );
}
