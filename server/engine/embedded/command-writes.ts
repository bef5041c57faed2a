import type { Command } from "@stigmer/core/protocol/command.ts";
import type { RunHeader } from "@stigmer/core/protocol/state.ts";
import type { CorrelationIndex } from "../../events/correlation-index.ts";
import type { TimerRow } from "../../store/ports.ts";
import { intentEnd } from "./intent.ts";
import { childKey, type OutboxEntry, outboxKey, owe } from "./outbox-entry.ts";
import type { Interpreter } from "./ports.ts";
import type { RunActor } from "./run-actor.ts";
import type { StepBatch } from "./step-batch.ts";

/** Translates one command of a step: what goes into the commit, what is done once it is durable, and what the actor takes note of. `leadMs` is what `leadOf` said of the fact. */
export function addCommand(
  command: Command,
  leadMs: number,
  actor: RunActor,
  batch: StepBatch,
  index: CorrelationIndex,
  interpreter: Interpreter,
): void {
  switch (command.type) {
    case "startActivity":
      actor.track(command);
      batch.effects.push({ kind: "activity", command });
      return;
    case "cancelActivity":
      endActivity(command.id, actor, batch);
      return;
    case "setTimer":
      actor.track(command);
      addTimer({ dueAt: command.dueAt - leadMs, run: actor.run, id: command.id }, batch);
      return;
    case "clearTimer":
      endTimer(command.id, actor, batch);
      return;
    case "subscribe": {
      actor.track(command);
      if (command.source === "asyncapi") {
        batch.effects.push({ kind: "source", command });
        return;
      }
      const { org } = actor.row;
      const { keys, writes } = index.subscribe(org, command.filters);
      const row = { run: actor.run, id: command.id, org, keys, filters: JSON.stringify(command.filters) };
      batch.writes.push(...writes, { op: "putSubscription", row });
      batch.effects.push({ kind: "subscribed", filters: command.filters });
      return;
    }
    case "unsubscribe":
      endSubscription(command.id, actor, batch);
      return;
    case "startChild":
      actor.track(command);
      batch.effects.push({ kind: "child", command });
      return;
    case "cancelChild":
      endChild(command.id, actor, batch);
      return;
    case "publish":
      addDebt({ kind: "publish", org: actor.row.org, event: command.event }, actor, batch);
      return;
    case "yield":
      actor.track(command);
      batch.effects.push({ kind: "continue" });
      return;
    case "complete":
    case "fail":
    case "cancel":
      endEverything(actor, batch, interpreter);
  }
}

/** Adds a debt to others to the batch. */
export function addDebt(entry: OutboxEntry, actor: RunActor, batch: StepBatch): void {
  const key = outboxKey(actor.run, actor.seq, batch.outboxEntries++);
  batch.writes.push(owe(key, entry));
  batch.effects.push({ kind: "outbox", key, entry });
}

/**
 * What a run leaves behind when it ends: only what it does not await. Such activities run on to their end, the run stays active until then, and a crash takes them up again; a child that is not
 * awaited is a run of its own. Everything else the interpreter has taken back; this also holds for what it forgot.
 */
function endEverything(actor: RunActor, batch: StepBatch, interpreter: Interpreter): void {
  if (actor.activities.size > 0) {
    const kept = new Set<number>();
    for (const command of interpreter.outstanding(actor.cached.program, actor.state as RunHeader))
      if (command.type === "startActivity") kept.add(command.id);
    for (const id of [...actor.activities.keys()]) if (!kept.has(id)) endActivity(id, actor, batch);
  }
  if (actor.timers.size > 0) for (const id of [...actor.timers.keys()]) endTimer(id, actor, batch);
  if (actor.subscriptions.size > 0 || actor.sources.size > 0)
    for (const id of [...actor.subscriptions.keys(), ...actor.sources.keys()]) endSubscription(id, actor, batch);
  if (actor.children.size > 0)
    for (const child of [...actor.children.values()]) if (child.command.await) endChild(child.command.id, actor, batch);
  actor.yielded = false;
}

function endActivity(id: number, actor: RunActor, batch: StepBatch): void {
  const command = actor.activities.get(id);
  if (command === undefined) return;
  if (command.delivery === "at-most-once") batch.writes.push(intentEnd(actor.run, id));
  actor.track({ type: "cancelActivity", id });
  const notYet = batch.effects.findIndex((effect) => effect.kind === "activity" && effect.command.id === id);
  if (notYet >= 0) batch.effects.splice(notYet, 1);
  else batch.effects.push({ kind: "cancelActivity", id });
}

function addTimer(row: TimerRow, batch: StepBatch): void {
  const write = { op: "putTimer", row } as const;
  batch.timersSet ??= new Map();
  batch.timersSet.set(row.id, write);
  batch.writes.push(write);
  batch.effects.push({ kind: "timer", row });
}

function endTimer(id: number, actor: RunActor, batch: StepBatch): void {
  const row = actor.timers.get(id);
  if (row === undefined) return;
  actor.track({ type: "clearTimer", id });
  const justSet = batch.timersSet?.get(id);
  if (batch.timersSet !== undefined && justSet !== undefined) {
    batch.timersSet.delete(id);
    batch.writes.splice(batch.writes.indexOf(justSet), 1);
    const effect = batch.effects.findIndex((other) => other.kind === "timer" && other.row.id === id);
    batch.effects.splice(effect, 1);
    return;
  }
  batch.writes.push({ op: "deleteTimer", row });
  batch.effects.push({ kind: "forgetTimer", row });
}

function endSubscription(id: number, actor: RunActor, batch: StepBatch): void {
  if (actor.subscriptions.has(id)) batch.writes.push({ op: "deleteSubscription", run: actor.run, id });
  if (actor.sources.has(id)) batch.effects.push({ kind: "endSource", id });
  actor.track({ type: "unsubscribe", id });
}

function endChild(id: number, actor: RunActor, batch: StepBatch): void {
  if (!actor.children.has(id)) return;
  actor.track({ type: "cancelChild", id });
  addDebt({ kind: "cancelChild", org: actor.row.org, childKey: childKey(actor.row.id, id) }, actor, batch);
}
