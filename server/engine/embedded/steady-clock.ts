import type { EngineClock } from "./ports.ts";

/** The engine's time: the wall clock as it was at boot plus what has passed since, so that a jump of the wall clock neither fires timers early nor holds them back while the process lives. */
export class SteadyClock {
  readonly #clock: EngineClock;
  readonly #offset: number;

  constructor(clock: EngineClock) {
    this.#clock = clock;
    this.#offset = clock.nowMs() - clock.monotonicMs();
  }

  /** Epoch ms as a whole number, never going back. */
  now(): number {
    return Math.floor(this.#clock.monotonicMs() + this.#offset);
  }
}
