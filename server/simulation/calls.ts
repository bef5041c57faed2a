import { getKey, isJsonObject, type Json } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { type ActivityContext, ActivityFault, type ActivityRunner } from "../activities/activity.ts";
import { CANARY } from "./canary.ts";
import type { CallPlace, Outcome } from "./oracle.ts";
import type { Process, World } from "./world.ts";

/** What calls answer: decided by where they stand and by the seed, so that the oracle can say the same. Some are slow, some fail, some never answer. */
export function outcomeOf(
  { pointer, iterations, attempt }: CallPlace,
  body: Json,
  salt: number,
  fails: number,
): Outcome {
  const dice = mix(salt, `${pointer}|${iterations.join()}`);
  // Where a fault is caught it may come more often: elsewhere it ends the run.
  const often = pointer.includes("/try/") ? 2_500 : 1_000;
  if (dice < fails * often && attempt <= 1 + (dice % 3)) return { title: "Failed" };
  const n = isJsonObject(body) ? getKey(body, "n") : undefined;
  return { output: { n: (typeof n === "number" ? n : 0) + 1 + (dice % 7), from: pointer } };
}

/** The activities of one process. */
export function callsOf(world: World, process: Process): ActivityRunner {
  return {
    run: (_kind, input, context) =>
      new Promise((resolve, reject) => {
        world.calls.called(context);
        checkSecret(world, context);
        context.signal.addEventListener("abort", () => reject(new Error("aborted")));
        const random = world.faultRandom;
        if (!world.liveness && random.chance(world.swarm.activitySilent)) return;
        const delay = random.chance(0.5) ? 0 : random.between(0, world.swarm.activitySlowMs);
        world.time.after(delay, () => {
          if (!process.alive) return;
          const outcome = world.outcome(context.task, getKey(input, "body") ?? null);
          if ("output" in outcome) resolve(outcome.output);
          else reject(new ActivityFault(standardFault("communication", outcome.title)));
        });
      }),
    consume: () => new Promise(() => undefined),
  };
}

function checkSecret(world: World, context: ActivityContext): void {
  const all = context.secret([]);
  if (!isJsonObject(all ?? null) || context.secret(["token"]) !== CANARY)
    world.violation(`secrets: ${context.runId} is not given its own`);
}

function mix(salt: number, text: string): number {
  let hash = salt;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % 1_000;
}
