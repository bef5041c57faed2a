import { uptime } from "node:os";
import { armFailpoint } from "./failpoints.ts";
import type { EngineClock, EngineRandom, EngineScheduler } from "./ports.ts";

/*
 * The engine's ports in a real process: the only file of the engine that knows Node's clock, timers and chance.
 */

const SLEEP_TOLERANCE_MS = 2_000;

/**
 * Node's clocks. The monotonic clock of most systems stands still while the machine sleeps; where the system's uptime has run ahead of it, the time slept is added, so that timers due
 * during the sleep fire on waking instead of hours late.
 */
export function nodeClock(): EngineClock {
  let lastUptimeMs = uptime() * 1_000;
  let lastMonotonicMs = performance.now();
  let sleptMs = 0;
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => {
      const monotonicMs = performance.now();
      if (monotonicMs - lastMonotonicMs > 1_000) {
        const uptimeMs = uptime() * 1_000;
        const behind = uptimeMs - lastUptimeMs - (monotonicMs - lastMonotonicMs);
        if (behind > SLEEP_TOLERANCE_MS) sleptMs += behind;
        lastUptimeMs = uptimeMs;
        lastMonotonicMs = monotonicMs;
      }
      return monotonicMs + sleptMs;
    },
  };
}

/** The longest time Node's timers take. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** Node's event loop. Timers do not keep the process alive: what keeps a server alive is its sockets. */
export const nodeScheduler: EngineScheduler = {
  soon: (task) => void setImmediate(task),
  after: (delayMs, task) => {
    const timeout = setTimeout(task, Math.min(Math.ceil(delayMs), TIMEOUT_MAX_MS));
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** Chance, for spreading retries. */
export const nodeRandom: EngineRandom = { next: () => Math.random() };

/** Arms `STIGMER_FAILPOINT=name:n`: the process kills itself at the n-th hit, as the power going would. Does nothing when the variable is not set. */
export function armFailpointFromEnvironment(environment: { readonly [name: string]: string | undefined }): void {
  const setting = environment["STIGMER_FAILPOINT"];
  if (setting !== undefined && setting !== "") armFailpoint(setting, () => process.kill(process.pid, "SIGKILL"));
}
