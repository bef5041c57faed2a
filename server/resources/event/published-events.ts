import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { eventIdentity } from "../../events/event-identity.ts";

const EVENTS_MAX = 100_000;

/** Which events were published last, by organization, source and id, so that a publisher that repeats itself is told so. Kept in memory: the latest 100,000 since the server has started. */
export class PublishedEvents {
  readonly #identities = new Set<string>();

  /** Whether an event was published before. */
  has(org: string, event: JsonObject): boolean {
    return this.#identities.has(keyOf(org, event));
  }

  /** Remembers an event that was published; tells whether it was known. */
  add(org: string, event: JsonObject): boolean {
    const key = keyOf(org, event);
    if (this.#identities.has(key)) return true;
    const [oldest] = this.#identities;
    if (this.#identities.size >= EVENTS_MAX && oldest !== undefined) this.#identities.delete(oldest);
    this.#identities.add(key);
    return false;
  }
}

function keyOf(org: string, event: JsonObject): string {
  return `${org}\n${eventIdentity(event)}`;
}
