import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { EventFilter } from "@stigmer/core/protocol/command.ts";
import type { RecordReader, SubscriptionReader, Write } from "../store/ports.ts";
import type { EventExpressions } from "./event-expressions.ts";
import { eventKeys, filterKey, type KeyShape, shapeName } from "./event-keys.ts";
import { LifecycleInterest } from "./lifecycle-interest.ts";

const SPACE = "event-shapes";

/** The shapes of keys in use by each organization: few, in memory, and stored so that events find subscriptions of before the restart. */
export class CorrelationIndex {
  /** Which of the server's own events subscriptions may take. */
  readonly lifecycle: LifecycleInterest;
  readonly #expressions: EventExpressions;
  readonly #shapes = new Map<string, Map<string, KeyShape>>();

  constructor(expressions: EventExpressions) {
    this.#expressions = expressions;
    this.lifecycle = new LifecycleInterest(expressions);
  }

  /** Reads the shapes in use; to be called once before events are matched. */
  async load(records: RecordReader, subscriptions: SubscriptionReader): Promise<void> {
    await this.lifecycle.load(records, subscriptions);
    for (const { value } of await records.list(SPACE)) {
      const { org, shape } = JSON.parse(value) as { readonly org: string; readonly shape: KeyShape };
      this.#ofOrg(org).set(shapeName(shape), shape);
    }
  }

  /** The keys a subscription of these filters is stored under, and the writes that make new shapes known: they belong in the same batch. */
  subscribe(
    org: string,
    filters: readonly EventFilter[],
  ): { readonly keys: readonly string[]; readonly writes: readonly Write[] } {
    const observed = this.lifecycle.subscribe(org, filters);
    const keys = new Set(observed.keys);
    const writes: Write[] = [...observed.writes];
    const known = this.#ofOrg(org);
    for (const filter of filters) {
      const { key, shape } = filterKey(filter);
      keys.add(key);
      if (shape === undefined || known.has(shapeName(shape))) continue;
      writes.push({
        op: "putRecord",
        row: { space: SPACE, key: JSON.stringify([org, shapeName(shape)]), value: JSON.stringify({ org, shape }) },
      });
    }
    return { keys: [...keys], writes };
  }

  /** Makes the shapes of a subscription count, once its batch is durable: until then another run must write them too. */
  subscribed(org: string, filters: readonly EventFilter[]): void {
    this.lifecycle.subscribed(org, filters);
    const known = this.#ofOrg(org);
    for (const filter of filters) {
      const { shape } = filterKey(filter);
      if (shape !== undefined) known.set(shapeName(shape), shape);
    }
  }

  /** The keys to look an event's subscribers up by. */
  keysOf(org: string, event: JsonObject): readonly string[] {
    return eventKeys(event, this.#ofOrg(org).values(), this.#expressions);
  }

  #ofOrg(org: string): Map<string, KeyShape> {
    let shapes = this.#shapes.get(org);
    if (shapes === undefined) {
      shapes = new Map();
      this.#shapes.set(org, shapes);
    }
    return shapes;
  }
}
