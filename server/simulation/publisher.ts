import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { StoreUnavailable } from "../store/ports.ts";
import { drawEvent } from "./generated-events.ts";
import type { Random } from "./random.ts";
import { ORG } from "./start-run.ts";
import type { World } from "./world.ts";

/** Somebody publishes events of every type now and then, some of them twice, and each until it is acknowledged: a repeat has the same id and must not count again. */
export class EventClient {
  readonly #world: World;
  readonly #random: Random;
  #count = 0;
  #last: JsonObject | undefined;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    world.time.after(random.between(0, 5_000), () => this.#publish());
  }

  #publish(): void {
    if (this.#world.quiet) return;
    const again = this.#last !== undefined && this.#random.chance(this.#world.swarm.duplicateEvent);
    const event = again ? (this.#last as JsonObject) : drawEvent(this.#random, this.#count++);
    this.#last = event;
    this.#send(event);
    this.#world.time.after(this.#random.between(100, 40_000), () => this.#publish());
  }

  #send(event: JsonObject): void {
    const { engine, time, quiet } = this.#world;
    if (quiet) return;
    let answered = false;
    const again = (): void => {
      if (!answered) this.#send(event);
    };
    time.after(this.#random.between(5_000, 30_000), again);
    if (engine === undefined) return;
    this.#given(event).then(
      () => {
        answered = true;
      },
      (error: unknown) => {
        if (error instanceof StoreUnavailable) return;
        answered = true;
        this.#world.violation(`publish: ${error instanceof Error ? String(error.stack) : String(error)}`);
      },
    );
  }

  async #given(event: JsonObject): Promise<void> {
    const { engine, events } = this.#world;
    const listeners = await events.listeners(event);
    await engine?.publish(ORG, [event]);
    await events.delivered(listeners, event);
  }
}
