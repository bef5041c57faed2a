import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { withoutSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import { lifecycleEvents } from "@stigmer/core/protocol/lifecycle.ts";
import type { RunHeader, RunStatus } from "@stigmer/core/protocol/state.ts";
import type { LifecycleInterest } from "../../events/lifecycle-interest.ts";
import { WORKFLOW_CHAIN, workflowChainOf } from "../../events/workflow-chain.ts";
import { addDebt } from "./command-writes.ts";
import type { EventOutlets, Interpreter, StepResult } from "./ports.ts";
import type { RunActor } from "./run-actor.ts";
import type { StepBatch } from "./step-batch.ts";

/** What a step is told about, for the events that follow from it. */
export interface OutgoingParts {
  readonly interest: LifecycleInterest;
  readonly interpreter: Interpreter;
  readonly outlets: EventOutlets | undefined;
}

/**
 * Adds the events of a step that leave its run to the step's own commit: what `emit` published for sinks, and the lifecycle events that sinks, triggers or other runs want. Where nobody wants
 * any, this is three look-ups. Their ids follow from the journal position, so that a repeat is the same event.
 */
export function addOutgoing(
  result: StepResult,
  before: RunStatus | undefined,
  actor: RunActor,
  batch: StepBatch,
  { interest, interpreter, outlets }: OutgoingParts,
): void {
  const { org } = actor.row;
  if (outlets !== undefined) {
    for (const command of result.commands) if (command.type === "publish") sink(outlets, command.event, actor, batch);
  }
  const heard = interest.of(org);
  const triggering = outlets?.triggerTypes(org);
  const sunk = outlets?.sinkTypes(org);
  if (heard === undefined && triggering === undefined && sunk === undefined) return;
  const events = lifecycleEvents({
    runId: actor.row.id,
    workflow: actor.cached.identity,
    at: actor.lastAt,
    before,
    after: result.state,
    trace: result.trace,
    baseUri: "",
    sequence: actor.seq,
    wanted: { has: (type) => heard?.has(type) === true || triggering?.has(type) === true || sunk?.has(type) === true },
    extensions: { [WORKFLOW_CHAIN]: workflowChainOf(actor.row) },
  });
  if (events.length === 0) return;
  const silent = heard === undefined || observes(actor, interest, interpreter);
  for (const event of events) {
    const type = String(event["type"]);
    if (outlets !== undefined && sunk?.has(type) === true) sink(outlets, event, actor, batch);
    const forRuns = !silent && heard.has(type);
    if (forRuns || triggering?.has(type) === true)
      addDebt({ kind: "publish", org, event, ...(forRuns ? {} : { triggersOnly: true }) }, actor, batch);
  }
}

function sink(outlets: EventOutlets, event: JsonObject, actor: RunActor, batch: StepBatch): void {
  const writes = outlets.sinkWrites(actor.row.org, actor.run, withoutSecretMarkers(event));
  if (writes.length === 0) return;
  batch.writes.push(...writes);
  batch.effects.push({ kind: "queued", writes });
}

/** A run that listens to lifecycle events is not listened to: two of them would keep each other awake for ever (docs/semantics.md). */
function observes(actor: RunActor, interest: LifecycleInterest, interpreter: Interpreter): boolean {
  if (actor.subscriptions.size === 0) return false;
  return interpreter
    .outstanding(actor.cached.program, actor.state as RunHeader)
    .some(
      (command) => command.type === "subscribe" && command.source === "events" && interest.observes(command.filters),
    );
}
