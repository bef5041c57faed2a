import { isTerminal, type RunStatus } from "@stigmer/core/protocol/state.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { Process, World } from "./world.ts";

/** A watch by a client over all crashes: what it has seen, and where it stands. */
export interface WatchLog {
  readonly runId: string;
  position: number;
  readonly trace: TaskTrace[];
  done: boolean;
}

/** Clients that watch runs, each again from where it stood after a crash. */
export class Watchers {
  readonly logs: WatchLog[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Watches a run from its beginning to its end. */
  watch(runId: string): void {
    const log: WatchLog = { runId, position: 0, trace: [], done: false };
    this.logs.push(log);
    this.#follow(log, this.#world.process);
  }

  /** A new process serves: everybody asks again. */
  reconnect(process: Process): void {
    for (const log of this.logs) if (!log.done) this.#follow(log, process);
  }

  #follow(log: WatchLog, process: Process): void {
    this.#read(log, process).catch((error: unknown) => {
      if (this.#world.observer.explains(log.runId, error)) log.done = true;
      else this.#world.observer.warned("watch", error);
    });
  }

  async #read(log: WatchLog, process: Process): Promise<void> {
    const world = this.#world;
    const { engine } = process;
    if (engine === undefined) return;
    for await (const change of engine.watch(log.runId, log.position, new AbortController().signal)) {
      if (!process.alive) return;
      if (change.position < log.position)
        world.violation(`I10: ${log.runId} went back from ${String(log.position)} to ${String(change.position)}`);
      log.trace.push(...change.trace);
      log.position = change.position;
      if (change.row.status === "quarantined" || isTerminal(change.row.status satisfies RunStatus)) log.done = true;
      if (world.random.chance(0.1)) await new Promise<void>((resolve) => void world.time.after(5_000, resolve));
    }
  }
}
