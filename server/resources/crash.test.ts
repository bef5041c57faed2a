import { expect, test } from "vitest";
import { createMemoryStore, type MemoryStore } from "../store/memory/memory-store.ts";
import { workflow } from "./testing/definitions.ts";
import { openResourceWorld } from "./testing/resource-world.ts";

/*
 * A process that dies while a workflow is created. The crash is put before every step of the request (and of the requests it makes of other kinds), before and after every step of the
 * commit. What the next process finds is the workflow with its default instance, or nothing of either.
 */

/** Runs one create that dies at the `at`-th moment, and returns what the next process finds; undefined when the create ended before. */
async function createAndCrash(
  at: number,
  keepsUnderWay: number,
): Promise<{ readonly store: MemoryStore; readonly acknowledged: boolean } | undefined> {
  let moment = 0;
  let die: () => void = () => undefined;
  const died = new Promise<"died">((resolve) => {
    die = () => resolve("died");
  });
  let armed = false;
  let dead = false;
  const reach = (): void => {
    if (armed && !dead && moment++ === at) {
      dead = true;
      die();
    }
  };
  const store = createMemoryStore({
    random: () => keepsUnderWay,
    schedule: (work, delayMs) => {
      reach();
      setTimeout(() => {
        reach();
        if (!dead) work();
      }, delayMs);
    },
  });
  const world = await openResourceWorld({
    store,
    telemetry: {
      step: () => ({
        started: () => {
          reach();
          // A dead process takes no further step: throwing here stops the request where the crash hit it.
          if (dead) throw new Error("the process is dead");
          return () => undefined;
        },
      }),
    },
  });
  armed = true;
  const request = world.client.workflow.command.create(workflow("crash")).then(
    () => "acknowledged" as const,
    () => "refused" as const,
  );
  const outcome = await Promise.race([request, died]);
  if (!dead) {
    await world.close();
    return undefined;
  }
  return { store: store.crash(), acknowledged: outcome === "acknowledged" };
}

test.each([0, 0.999])(
  "a crash at any moment of create leaves the workflow with its default instance or nothing (kept under way: %s)",
  async (keeps) => {
    const found: string[] = [];
    for (let at = 0; ; at += 1) {
      const end = await createAndCrash(at, keeps);
      if (end === undefined) break;
      const { resources, definitions } = end.store;
      const workflows = (await resources.list({ kind: "workflow", limit: 10 })).rows;
      const instances = (await resources.list({ kind: "workflow_instance", limit: 10 })).rows;
      found.push(`${workflows.length}${instances.length}`);
      expect(instances.length, `crash at ${at}`).toBe(workflows.length);
      for (const row of workflows) {
        expect(instances[0]?.parent).toBe(row.id);
        expect((await definitions.list(row.id, 10)).rows).toHaveLength(1);
      }
      if (end.acknowledged) expect(workflows).toHaveLength(1);
    }
    expect(found.length).toBeGreaterThan(20);
    expect(found).toContain("00");
  },
);
