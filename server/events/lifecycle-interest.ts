import { LIFECYCLE_TYPES, isLifecycleType } from "@stigmer/core/protocol/lifecycle.ts";
import type { EventFilter } from "@stigmer/core/protocol/command.ts";
import type { RecordReader, SubscriptionReader, Write } from "../store/ports.ts";
import type { EventExpressions } from "./event-expressions.ts";
import { matchAttribute } from "./match-event.ts";

/*
 * Lifecycle events are made only where somebody wants them, so that runs nobody observes pay nothing. Who may want one is known by type: a filter that names none takes no lifecycle event
 * (docs/semantics.md), and of one that does it is tried which of the eighteen types pass.
 */

const SPACE = "lifecycle-interest";

/** The lifecycle types a filter may take; none for one that does not name its `type`. */
export function lifecycleTypesOf(filter: EventFilter, expressions: EventExpressions): readonly string[] {
  const demand = filter.with["type"];
  if (demand === undefined) return [];
  if ("equals" in demand) return isLifecycleType(demand.equals) ? [String(demand.equals)] : [];
  return LIFECYCLE_TYPES.filter((type) => matchAttribute(type, demand, expressions));
}

/** The key that subscriptions to a lifecycle type are also stored under: nothing is looked up by it but whether there is one. */
function interestKey(type: string): string {
  return `l:${type}`;
}

/** Which lifecycle types runs of each organization listen to. What was wanted once is made until the next start, which looks whether anybody is left. */
export class LifecycleInterest {
  readonly #wanted = new Map<string, Set<string>>();
  readonly #expressions: EventExpressions;

  constructor(expressions: EventExpressions) {
    this.#expressions = expressions;
  }

  /** Reads what is wanted; to be called once before anything runs. */
  async load(records: RecordReader, subscriptions: SubscriptionReader): Promise<void> {
    for (const { value } of await records.list(SPACE)) {
      const { org, type } = JSON.parse(value) as { readonly org: string; readonly type: string };
      if ((await subscriptions.byKeys(org, [interestKey(type)], 1)).length > 0) this.#ofOrg(org).add(type);
    }
  }

  /** The keys that a subscription of these filters is stored under beside its own, and the writes that make a new interest known: they belong in the same batch. */
  subscribe(
    org: string,
    filters: readonly EventFilter[],
  ): { readonly keys: readonly string[]; readonly writes: readonly Write[] } {
    const types = this.#typesOf(filters);
    const known = this.#wanted.get(org);
    const writes = types
      .filter((type) => known?.has(type) !== true)
      .map((type): Write => ({
        op: "putRecord",
        row: { space: SPACE, key: JSON.stringify([org, type]), value: JSON.stringify({ org, type }) },
      }));
    return { keys: types.map(interestKey), writes };
  }

  /** Makes an interest count, once its batch is durable. */
  subscribed(org: string, filters: readonly EventFilter[]): void {
    for (const type of this.#typesOf(filters)) this.#ofOrg(org).add(type);
  }

  /** Whether a subscription of these filters may take lifecycle events. */
  observes(filters: readonly EventFilter[]): boolean {
    return this.#typesOf(filters).length > 0;
  }

  /** The types wanted in an organization; undefined when there is none. */
  of(org: string): ReadonlySet<string> | undefined {
    return this.#wanted.size === 0 ? undefined : this.#wanted.get(org);
  }

  #typesOf(filters: readonly EventFilter[]): readonly string[] {
    return [...new Set(filters.flatMap((filter) => lifecycleTypesOf(filter, this.#expressions)))];
  }

  #ofOrg(org: string): Set<string> {
    let types = this.#wanted.get(org);
    if (types === undefined) {
      types = new Set();
      this.#wanted.set(org, types);
    }
    return types;
  }
}
