import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { withoutSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import { standardFault, type Fault } from "@stigmer/core/protocol/fault.ts";
import type { RunRow, Store } from "../../store/ports.ts";
import type { Committer } from "./committer.ts";
import type { Post } from "./dispatcher.ts";
import { failpoint } from "./failpoints.ts";
import { type OutboxEntry, OUTBOX_SPACE, paid } from "./outbox-entry.ts";
import type { EngineScheduler } from "./ports.ts";
import type { PendingFact } from "./run-actor.ts";

/** What the outbox works with. */
export interface OutboxParts {
  readonly store: Store;
  readonly committer: Committer;
  readonly scheduler: EngineScheduler;
  readonly retryMs: number;
  readonly post: Post;
  publish(org: string, event: JsonObject, triggersOnly: boolean): Promise<unknown>;
  /** Cancels the child with this idempotency key, if it is there and runs. */
  cancelChild(org: string, childKey: string): Promise<void>;
  /** Resolves once the parent knows which run this child is: its end must not overtake its start. */
  childSettled(parent: number, command: number): Promise<void>;
  warn(message: string, error: unknown): void;
}

/** Pays what runs owe to others, again after a crash, until it is done; see outbox-entry.ts. */
export class Outbox {
  readonly #parts: OutboxParts;
  #stopped = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Pays what was owed when the process ended. */
  async recover(): Promise<void> {
    for (const { key, value } of await this.#parts.store.records.list(OUTBOX_SPACE))
      this.pay(key, JSON.parse(value) as OutboxEntry);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Pays one debt; what fails is tried again later. */
  pay(key: string, entry: OutboxEntry, attempt = 0): void {
    failpoint("outbox.before");
    this.#deliver(key, entry)
      .then(() => failpoint("outbox.after"))
      .catch((error: unknown) => {
        if (this.#stopped || this.#parts.committer.halted !== undefined) return;
        this.#parts.warn(`Cannot deliver outbox entry "${key}" now`, error);
        this.#parts.scheduler.after(this.#parts.retryMs * 2 ** Math.min(attempt, 8), () =>
          this.pay(key, entry, attempt + 1),
        );
      });
  }

  async #deliver(key: string, entry: OutboxEntry): Promise<void> {
    switch (entry.kind) {
      case "publish":
        await this.#parts.publish(entry.org, entry.event, entry.triggersOnly === true);
        this.#parts.committer.later(paid(key));
        return;
      case "cancelChild":
        await this.#parts.cancelChild(entry.org, entry.childKey);
        this.#parts.committer.later(paid(key));
        return;
      case "childEnded": {
        await this.#parts.childSettled(entry.parent, entry.command);
        const child = await this.#parts.store.runs.byKey(entry.child);
        if (child === undefined) this.#parts.committer.later(paid(key));
        else await this.#parts.post(entry.parent, childFact(entry.command, child), [paid(key)]);
      }
    }
  }
}

/** How a child ended, as its parent is told: secrets of the one are no secrets of the other, so no marker goes over. */
function childFact(id: number, child: RunRow): PendingFact {
  if (child.status === "completed") {
    const output = child.output === undefined ? null : (JSON.parse(child.output) as Json);
    return { type: "childCompleted", id, output: withoutSecretMarkers(output) };
  }
  const fault: Fault =
    child.fault === undefined
      ? standardFault(
          "runtime",
          "Child run cancelled",
          `The run "${child.id}" was cancelled${child.reason === undefined ? "" : `: ${child.reason}`}.`,
        )
      : (withoutSecretMarkers(JSON.parse(child.fault) as Json) as unknown as Fault);
  return { type: "childFailed", id, fault };
}
