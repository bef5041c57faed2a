import type { StartChild } from "@stigmer/core/protocol/command.ts";
import { type Fault, standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../../activities/activity.ts";
import { StoreUnavailable } from "../../store/ports.ts";
import type { Committer } from "./committer.ts";
import type { Post } from "./dispatcher.ts";
import { failpoint } from "./failpoints.ts";
import { childKey } from "./outbox-entry.ts";
import type { ChildStarter, EngineScheduler } from "./ports.ts";
import type { RunActor } from "./run-actor.ts";

/** What starting children takes. */
export interface ChildrenParts {
  readonly starter: ChildStarter;
  readonly committer: Committer;
  readonly scheduler: EngineScheduler;
  readonly retryMs: number;
  readonly post: Post;
  cancelChild(org: string, key: string): Promise<void>;
  warn(message: string, error: unknown): void;
}

/** Starts child runs and reports which; asking twice finds the first, and one that is not wanted any more by then is cancelled. */
export class Children {
  readonly #parts: ChildrenParts;
  readonly #underWay = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(parts: ChildrenParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Starts the child of a command and gives its run the fact; tries until that is done. */
  start(actor: RunActor, command: StartChild): void {
    const name = nameOf(actor.run, command.id);
    if (this.#stopped || this.#underWay.has(name)) return;
    this.#underWay.set(
      name,
      new Promise((resolve) => {
        this.#try(actor, command, 0, () => {
          this.#underWay.delete(name);
          resolve();
        });
      }),
    );
  }

  /** Resolves once no start of this child is under way. */
  settled(run: number, id: number): Promise<void> {
    return this.#underWay.get(nameOf(run, id)) ?? Promise.resolve();
  }

  #try(actor: RunActor, command: StartChild, attempt: number, done: () => void): void {
    if (this.#stopped) return;
    this.#start(actor, command).then(done, (error: unknown) => {
      if (this.#parts.committer.halted !== undefined || this.#stopped) return;
      if (!(error instanceof StoreUnavailable)) this.#parts.warn("Cannot start a child run now", error);
      this.#parts.scheduler.after(this.#parts.retryMs * 2 ** Math.min(attempt, 8), () =>
        this.#try(actor, command, attempt + 1, done),
      );
    });
  }

  async #start(actor: RunActor, command: StartChild): Promise<void> {
    const { row } = actor;
    const key = childKey(row.id, command.id);
    failpoint("child.before-start");
    let child;
    try {
      child = await this.#parts.starter.start(row, command, key);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      await this.#parts.post(actor.run, { type: "childFailed", id: command.id, fault: faultOf(error, command) });
      return;
    }
    failpoint("child.after-start");
    const { runId, version } = child;
    await this.#parts.post(actor.run, { type: "childStarted", id: command.id, runId, version });
    // Cancelled while it was being started: the cancellation may have looked for it too early.
    if (command.await && !actor.children.has(command.id)) await this.#parts.cancelChild(row.org, key);
  }
}

function nameOf(run: number, id: number): string {
  return `${String(run)}/${String(id)}`;
}

function faultOf(error: unknown, command: StartChild): Fault {
  if (error instanceof ActivityFault) return error.fault;
  const detail = `Cannot run workflow "${command.namespace}/${command.name}": ${error instanceof Error ? error.message : String(error)}`;
  return standardFault("runtime", "Child run not started", detail);
}
