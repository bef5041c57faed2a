import { getKey, isJsonObject, type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import type { EventFilter } from "@stigmer/core/protocol/command.ts";
import type { SubscriptionRow } from "../store/ports.ts";
import { deliveryName } from "./observer.ts";
import type { World } from "./world.ts";

/** An acknowledged event is in the journal of everybody who listened when it was published. */
export class EventObserver {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Subscriptions that an event published now must reach. */
  async listeners(event: JsonObject): Promise<readonly SubscriptionRow[]> {
    const { store, observer } = this.#world;
    const last = await store.runs.lastKey();
    const rows: SubscriptionRow[] = [];
    for (let run = 1; run <= last; run++) rows.push(...(await store.subscriptions.byRun(run)));
    return rows.filter(
      ({ run, filters }) =>
        (JSON.parse(filters) as readonly EventFilter[]).some((filter) => takes(filter, event)) &&
        !observer.quarantinedRuns.has(run),
    );
  }

  /** The event is acknowledged: whoever listened has it, unless they have stopped listening meanwhile. */
  async delivered(listeners: readonly SubscriptionRow[], event: JsonObject): Promise<void> {
    const { store, observer } = this.#world;
    for (const { run, id } of listeners) {
      if (observer.runs.of(run).answered.has(deliveryName(id, event))) continue;
      const still = await store.subscriptions.byRun(run);
      const row = await store.runs.byKey(run);
      if (still.some((other) => other.id === id) && row?.status !== "quarantined")
        this.#world.violation(`I3: run ${String(run)} was not given ${String(event["id"])}, which was acknowledged`);
    }
  }
}

/** Whether a generated filter takes a generated event: types are compared, correlations look at one member of the data. */
function takes({ with: attributes, correlate = [] }: EventFilter, event: JsonObject): boolean {
  return (
    Object.entries(attributes).every(([name, match]) => "equals" in match && event[name] === match.equals) &&
    correlate.every(({ from, equals }) => dataMember(event, from) === equals)
  );
}

function dataMember(event: JsonObject, from: string): Json | undefined {
  const name = /\.data\.(\w+)/u.exec(from)?.[1] ?? "";
  const data = event["data"] ?? null;
  return isJsonObject(data) ? getKey(data, name) : undefined;
}
