import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { withoutSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import type { CorrelationIndex } from "../../events/correlation-index.ts";
import type { EventExpressions } from "../../events/event-expressions.ts";
import { findSubscribers } from "../../events/find-subscribers.ts";
import type { Store } from "../../store/ports.ts";
import type { Post } from "./dispatcher.ts";
import { failpoint } from "./failpoints.ts";
import type { EngineHooks } from "./ports.ts";

/** What publishing takes. */
export interface PublisherParts {
  readonly store: Store;
  readonly correlation: CorrelationIndex;
  readonly expressions: EventExpressions;
  readonly hooks: EngineHooks;
  readonly post: Post;
}

/** Gives events to every subscription that matches and to triggers. Events of an organization are handed out one after the other, so that each run gets them in the order they came. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Resolves with the number of deliveries once all are durable. An event that was delivered before (same source and id) is not delivered again to a subscription that had it. */
  async publish(org: string, given: readonly JsonObject[], triggersOnly = false): Promise<number> {
    failpoint("publish.before");
    const deliveries: Promise<unknown>[] = [];
    // A marker would name a secret of whoever receives it.
    const events = given.map((event) => withoutSecretMarkers(event));
    if (!triggersOnly)
      for (const event of events) await this.#inOrder(org, () => this.#handOut(org, event, deliveries));
    await Promise.all(deliveries);
    await this.#parts.hooks.published?.(org, events);
    failpoint("publish.after");
    return deliveries.length;
  }

  async #inOrder(org: string, task: () => Promise<void>): Promise<void> {
    const before = this.#lines.get(org);
    const mine = before === undefined ? task() : before.then(task, task);
    this.#lines.set(org, mine);
    try {
      await mine;
    } finally {
      if (this.#lines.get(org) === mine) this.#lines.delete(org);
    }
  }

  async #handOut(org: string, event: JsonObject, deliveries: Promise<unknown>[]): Promise<void> {
    const { store, correlation, expressions, post } = this.#parts;
    for await (const page of findSubscribers(org, event, correlation, store.subscriptions, expressions)) {
      for (const { run, id } of page) {
        const delivery = post(run, { type: "eventDelivered", id, event });
        // The failure is seen by whoever awaits all deliveries; without this a failure before that would count as unhandled.
        delivery.catch(() => undefined);
        deliveries.push(delivery);
      }
    }
  }
}
