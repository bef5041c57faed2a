import type { Json } from "@stigmer/core/lib/json.ts";
import type { TaskDefinition } from "@stigmer/core/dsl/model.ts";
import { ControlRefused, type ControlRequest } from "../engine/engine.ts";
import { type RunRow, StoreUnavailable } from "../store/ports.ts";
import { holdOf } from "./hold.ts";
import type { World } from "./world.ts";

const ROUND_MS = 15_000;

/** An operator who looks at every run now and then and takes those on that stand at a hold: skips it, patches the context, or jumps to where it says. What a hold asks for does not depend on time, so the oracle knows what comes of it. */
export class Operator {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.#soon();
  }

  #soon(): void {
    this.#world.time.after(ROUND_MS, () => {
      if (this.#world.quiet) return;
      const { process } = this.#world;
      process.hands++;
      this.#round()
        .catch((error: unknown) => {
          if (!(error instanceof StoreUnavailable)) this.#world.violation(`operator: ${String(error)}`);
        })
        .finally(() => process.hands--);
      this.#soon();
    });
  }

  async #round(): Promise<void> {
    const world = this.#world;
    const { process } = world;
    const last = await world.store.runs.lastKey();
    for (let run = 1; run <= last && process.alive; run++) {
      const row = await world.store.runs.byKey(run);
      const held = row !== undefined && row.endedAt === undefined && row.status !== "quarantined";
      if (held && world.workflows.some(({ digest, holds }) => digest === row.digest && holds)) await this.#free(row);
    }
  }

  async #free(row: RunRow): Promise<void> {
    const world = this.#world;
    const { engine } = world;
    const view = await engine?.view(row.id);
    if (engine === undefined || view === undefined) return;
    const document = world.workflows.find(({ digest }) => digest === row.digest)?.document;
    for (const { pointer, kind } of view.waiting) {
      const hold = kind === "event" ? holdOf(taskAt(document as unknown as Json, pointer)) : undefined;
      if (hold === undefined) continue;
      const controls: ControlRequest[] = [];
      if (hold.context !== undefined) controls.push({ type: "patched", context: hold.context });
      if (hold.jumpTo === undefined) controls.push({ type: "skipped", pointer, output: hold.output });
      else {
        const target = `${pointer.slice(0, pointer.lastIndexOf("/", pointer.lastIndexOf("/") - 1))}/${hold.jumpTo}`;
        controls.push({ type: "jumped", pointer: target, input: hold.output });
      }
      for (const control of controls) await this.#carryOut(row.id, control);
      return;
    }
  }

  async #carryOut(runId: string, control: ControlRequest): Promise<void> {
    try {
      const row = await this.#world.engine?.control(runId, control);
      if (row !== undefined) this.#world.observer.ackedRow(row);
    } catch (error) {
      if (!(error instanceof ControlRefused)) throw error;
    }
  }
}

function taskAt(document: Json, pointer: string): TaskDefinition | undefined {
  let value: Json | undefined = document;
  for (const part of pointer.split("/").slice(1)) value = (value as { readonly [key: string]: Json })[part];
  return value as unknown as TaskDefinition | undefined;
}
