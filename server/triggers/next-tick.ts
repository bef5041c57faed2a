import type { ScheduleDefinition } from "@stigmer/core/dsl/model.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import { nextCronTick } from "@stigmer/core/lib/cron/next-cron-tick.ts";
import { parseCron } from "@stigmer/core/lib/cron/parse-cron.ts";
import { addDuration, parseDuration } from "@stigmer/core/lib/duration.ts";

/**
 * The first tick of `every` and `cron` strictly after a moment (epoch ms); undefined where neither is set or none ever comes. `every` counts from `appliedAtMs`, so that a restart does not
 * move the beat. With both, whichever comes first.
 */
export function nextTick(schedule: ScheduleDefinition, appliedAtMs: number, afterMs: number): number | undefined {
  const ticks = [everyTick(schedule, appliedAtMs, afterMs), cronTick(schedule, afterMs)].filter(
    (tick) => tick !== undefined,
  );
  return ticks.length === 0 ? undefined : Math.min(...ticks);
}

function everyTick(schedule: ScheduleDefinition, appliedAtMs: number, afterMs: number): number | undefined {
  const duration = schedule.every === undefined ? undefined : parseDuration(schedule.every as Json).duration;
  if (duration === undefined) return undefined;
  if (duration.months === 0) {
    const intervalMs = Math.max(1, addDuration(0, duration));
    const ticks = Math.max(0, Math.floor((afterMs - appliedAtMs) / intervalMs));
    return appliedAtMs + (ticks + 1) * intervalMs;
  }
  // Calendar months have no fixed length: count them one by one, as far as they go.
  let tick = appliedAtMs;
  for (let count = 0; count < 100_000 && tick <= afterMs; count += 1) tick = addDuration(tick, duration);
  return tick > afterMs ? tick : undefined;
}

function cronTick(schedule: ScheduleDefinition, afterMs: number): number | undefined {
  if (schedule.cron === undefined) return undefined;
  const parsed = parseCron(schedule.cron);
  return "cron" in parsed && parsed.cron !== undefined ? nextCronTick(parsed.cron, afterMs) : undefined;
}

/** When a workflow with `after` starts again once a run of it has ended. */
export function restartAt(schedule: ScheduleDefinition, endedAtMs: number): number | undefined {
  const duration = schedule.after === undefined ? undefined : parseDuration(schedule.after as Json).duration;
  return duration === undefined ? undefined : addDuration(endedAtMs, duration);
}
