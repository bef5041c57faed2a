/** Time that a timer of Node can wait at most. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** How long until an engine that did not answer, or a container that still runs though its time is up, is looked at again. */
const AGAIN_MS = 60_000;

/** A container with a time to go, as the engine has it. */
export interface ExpiringContainer {
  readonly id: string;
  readonly hasExited: boolean;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** What sweeping takes of the world. */
export interface SweeperPorts {
  now(): number;
  list(): Promise<readonly ExpiringContainer[]>;
  remove(id: string): Promise<unknown>;
  /** Calls once after `delayMs`, without keeping the process alive; the answer takes it back. */
  later(delayMs: number, task: () => void): () => void;
}

/**
 * Removes containers once their time is up and they have ended. The times stand on the containers, so a sweep at the start of a server finds those of the one before; each sweep knows when the next is due.
 */
export class ContainerSweeper {
  readonly #ports: SweeperPorts;
  #dueAt = Infinity;
  #takeBack: () => void = () => {};

  constructor(ports: SweeperPorts) {
    this.#ports = ports;
  }

  /** Sees to it that a sweep happens at this time (epoch ms), or soon after. */
  by(dueAt: number): void {
    if (dueAt >= this.#dueAt) return;
    this.#takeBack();
    this.#dueAt = dueAt;
    const delayMs = Math.min(Math.max(dueAt - this.#ports.now(), 0), TIMER_MAX_MS);
    this.#takeBack = this.#ports.later(delayMs, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    this.#dueAt = Infinity;
    const { now, list, remove } = this.#ports;
    try {
      for (const { id, hasExited, expiresAt } of await list()) {
        if (expiresAt > now()) this.by(expiresAt);
        else if (hasExited) await remove(id);
        else this.by(now() + AGAIN_MS);
      }
    } catch {
      // The engine does not answer now.
      this.by(now() + AGAIN_MS);
    }
  }
}
