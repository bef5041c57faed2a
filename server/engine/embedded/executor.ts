import type { Json } from "@stigmer/core/lib/json.ts";
import { type ControlEvent, isControl, type RunEvent, type Started } from "@stigmer/core/protocol/event.ts";
import { isTerminal, type RunHeader } from "@stigmer/core/protocol/state.ts";
import type { CorrelationIndex } from "../../events/correlation-index.ts";
import { CommitConflict, type RunChanges, type RunRow, type Write } from "../../store/ports.ts";
import { ControlRefused } from "../engine.ts";
import { addCommand, addDebt } from "./command-writes.ts";
import type { Committer } from "./committer.ts";
import { failpoint } from "./failpoints.ts";
import { intentEnd } from "./intent.ts";
import { encodeFact } from "./journal-record.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { EngineOptions } from "./options.ts";
import { addOutgoing, type OutgoingParts } from "./outgoing-events.ts";
import type { EngineHooks, EventOutlets, Interpreter, StepResult } from "./ports.ts";
import type { Envelope, PendingFact, RunActor } from "./run-actor.ts";
import { snapshotDue, takeSnapshot } from "./snapshot.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { type Effect, emptyBatch, type StepBatch } from "./step-batch.ts";

/*
 * Theory of operation.
 *
 * A run is an actor: a mailbox of facts and a state. When it is not committing, the executor takes the facts that have come, in order, steps the interpreter over each, and gathers what
 * follows into one batch: the journal records, the timers and subscriptions set and cleared, the row's new status and head, what is owed to others (outbox), now and then a snapshot. The
 * batch is committed whole; the store puts the batches of all runs of an event-loop turn into one transaction (group commit), so that one fsync serves many.
 *
 * Only when the batch is durable is anything of it seen or done: watchers are told, callers are answered, activities start, timers are armed. So "the result of k" and "the intent of k+1"
 * travel in one commit, and N activities one after the other cost N + 1 commits. Pure tasks cost none: the interpreter runs through them within a step. A run that ends within its first step
 * is one batch and never becomes an actor at all.
 *
 * While a batch is on its way facts gather in the mailbox; they make the next batch. A crash loses the memory only: the facts that were durable are replayed, those that were not have not
 * happened, and whatever the state still waits for is issued again. Facts that come twice are told by what the run still waits for (RunActor.wants).
 *
 * A refused commit (full queue, full disk) is asked again; a failed store stops the engine, because nobody knows what it has written. An interpreter that throws is a fault of ours: its run is
 * quarantined with the reason, the others go on.
 */

/** What is said to those who gave facts to a run that was quarantined or deleted before it took them up. */
export class RunGone extends Error {
  override readonly name = "RunGone";
}

/** What is said to those who made a fact by a state of the run that is no more. */
export class RunMoved extends Error {
  override readonly name = "RunMoved";
}

/** What the executor works with. */
export interface ExecutorParts {
  readonly interpreter: Interpreter;
  readonly clock: SteadyClock;
  readonly committer: Committer;
  readonly correlation: CorrelationIndex;
  readonly hooks: EngineHooks;
  readonly options: EngineOptions;
  readonly outlets: EventOutlets | undefined;
  live(): LiveRuns;
  /** Carries out what a durable batch wants done outside. */
  effect(actor: RunActor, effect: Effect): void;
  /** A run has changed: its row, from which record on, and the trace. */
  changed(row: RunRow, fromSeq: number, batch: StepBatch): void;
  /** A run has left for good: what it has under way is to be stopped. */
  left(run: number): void;
  /** A run has been quarantined: whoever watches it has to know. */
  quarantined(run: number): Promise<void>;
}

/** Steps runs and commits what follows. */
export class Executor {
  readonly #parts: ExecutorParts;
  readonly #outgoing: OutgoingParts;
  #halted: Error | undefined;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    const { correlation, interpreter, outlets } = parts;
    this.#outgoing = { interest: correlation.lifecycle, interpreter, outlets };
  }

  /** Takes nothing up any more: what is in the mailboxes stays undone, as after a crash. */
  halt(error: Error): void {
    this.#halted = error;
  }

  /** Starts a run with its first fact, in one batch with `writes`. Rejects with CommitConflict or StoreUnavailable, then nothing has happened. */
  async start(actor: RunActor, fact: Started, writes: readonly Write[]): Promise<RunRow> {
    if (this.#halted !== undefined) throw this.#halted;
    const batch = emptyBatch();
    this.#apply(actor, fact, batch);
    const changes = this.#changes(actor, batch);
    const row = applyChanges(actor.row, changes, 1);
    batch.row = row;
    const settledAtOnce = actor.ended && !actor.active;
    if (!settledAtOnce) {
      actor.committing = true;
      this.#parts.live().add(actor);
    }
    failpoint("start.before-commit");
    try {
      await this.#parts.committer.commit([{ op: "putRun", row }, ...writes, ...batch.writes]);
    } catch (error) {
      this.#parts.live().remove(actor);
      this.#refuseAll(actor, error);
      throw error;
    }
    failpoint("start.after-commit");
    this.#durable(actor, batch, 0);
    failpoint("start.before-ack");
    return row;
  }

  /** Puts a fact into a run's mailbox. */
  post(actor: RunActor, envelope: Envelope): void {
    if (this.#halted !== undefined) {
      envelope.refused(this.#halted);
      return;
    }
    actor.mailbox.push(envelope);
    this.#pump(actor);
  }

  /** Calls back once the run's state and row are those of the last commit. */
  read(actor: RunActor, reader: () => void): void {
    if (actor.committing) actor.readers.push(reader);
    else reader();
  }

  /** Takes facts up until there is something to commit or nothing left; facts that are not wanted any more need no commit. */
  #pump(actor: RunActor): void {
    while (!actor.committing && !actor.gone && actor.mailbox.length > 0 && this.#halted === undefined)
      this.#takeSome(actor);
  }

  #takeSome(actor: RunActor): void {
    const batch = emptyBatch();
    const seqBefore = actor.seq;
    const taken = takeFirst(actor, this.#parts.options.factsPerCommitMax);
    for (const envelope of taken) {
      try {
        this.#take(actor, envelope, batch);
      } catch (error) {
        if (!(error instanceof ControlRefused || error instanceof RunMoved)) {
          void this.#quarantine(actor, error, [...batch.envelopes, ...taken.slice(taken.indexOf(envelope))]);
          return;
        }
        envelope.refused(error);
      }
    }
    if (batch.writes.length === 0) {
      for (const envelope of batch.envelopes) envelope.settled(actor.row);
      this.#parts.live().rest(actor);
      return;
    }
    this.#commit(actor, batch, seqBefore);
  }

  #take(actor: RunActor, envelope: Envelope, batch: StepBatch): void {
    const { fact, terms } = envelope;
    const { notBefore = 0, writes, outcome } = terms;
    if (writes !== undefined) batch.writes.push(...writes);
    if (actor.wants(fact)) {
      const dueAt = fact.type === "timerFired" ? (actor.timers.get(fact.id)?.dueAt ?? 0) : 0;
      const at = Math.max(this.#parts.clock.now(), actor.lastAt, notBefore, dueAt);
      const event = timed(fact, at);
      if (isControl(event)) this.#checkControl(actor, event, batch, terms.asOf);
      this.#apply(actor, event, batch);
      batch.outcome = outcome ?? batch.outcome;
    }
    batch.envelopes.push(envelope);
  }

  #checkControl(actor: RunActor, event: ControlEvent, batch: StepBatch, asOf = actor.seq): void {
    if (actor.state === undefined) throw new ControlRefused("phase", "Cannot control the run: it has not started");
    const reason = this.#parts.interpreter.checkControl(actor.cached.program, actor.state, event);
    if (reason !== undefined) throw new ControlRefused("phase", reason);
    if (asOf !== actor.seq) throw new RunMoved(`Run "${actor.row.id}" has gone on from record ${String(asOf)}`);
    if ("reason" in event && event.reason !== undefined) batch.reason = event.reason;
  }

  #apply(actor: RunActor, fact: RunEvent, batch: StepBatch): void {
    failpoint("step.before");
    const { inlineCharsMax } = this.#parts.options;
    const { record, blobs } = encodeFact(fact, actor, inlineCharsMax);
    if (blobs.length > 0) batch.writes.push(...blobs);
    batch.writes.push({ op: "append", record });
    const endedBefore = actor.ended;
    const statusBefore = actor.state?.status;
    // Timers are deleted by their row, which is known only until the actor forgets it.
    const timer = fact.type === "timerFired" ? actor.timers.get(fact.id) : undefined;
    if (timer !== undefined) batch.writes.push({ op: "deleteTimer", row: timer });
    actor.answered(fact);
    const result: StepResult = this.#parts.interpreter.step(actor.cached.program, actor.state, fact);
    actor.state = result.state;
    actor.seq = record.seq;
    actor.chain = record.chain;
    actor.lastAt = fact.at;
    actor.tailRecords++;
    actor.tailChars += record.data.length;
    actor.bytes += 2 * record.data.length;
    const { correlation, interpreter } = this.#parts;
    const leadMs = leadOf(fact, this.#parts.clock.now());
    for (const command of result.commands) addCommand(command, leadMs, actor, batch, correlation, interpreter);
    for (const trace of result.trace) batch.trace.push(trace);
    addOutgoing(result, statusBefore, actor, batch, this.#outgoing);
    if (actor.ended && !endedBefore) {
      batch.ends = true;
      this.#tellParent(actor, batch);
    }
    failpoint("step.after");
  }

  #tellParent(actor: RunActor, batch: StepBatch): void {
    const { parentRun, parentCommand } = actor.row;
    if (parentRun === undefined || parentCommand === undefined) return;
    addDebt({ kind: "childEnded", child: actor.run, parent: parentRun, command: parentCommand }, actor, batch);
  }

  /** What the row has to say after the batch; only what differs. */
  #changes(actor: RunActor, batch: StepBatch): RunChanges {
    const state = actor.state as RunHeader;
    const { row } = actor;
    const changes: { -readonly [Key in keyof RunChanges]: RunChanges[Key] } = {};
    if (row.head !== actor.seq) changes.head = actor.seq;
    if (row.status !== state.status) changes.status = state.status;
    if (row.active !== actor.active) changes.active = actor.active;
    if (row.startedAt !== state.startedAt && state.startedAt !== undefined) changes.startedAt = state.startedAt;
    if (batch.reason !== undefined && row.reason !== batch.reason) changes.reason = batch.reason;
    if (isTerminal(state.status)) {
      changes.endedAt = state.endedAt ?? actor.lastAt;
      changes.output = state.output === undefined ? null : jsonText(state.output);
      changes.fault = state.fault === undefined ? null : JSON.stringify(state.fault);
    } else if (row.endedAt !== undefined) {
      changes.endedAt = null;
      changes.output = null;
      changes.fault = null;
    }
    return batch.outcome === undefined ? changes : { ...changes, ...batch.outcome };
  }

  #commit(actor: RunActor, batch: StepBatch, seqBefore: number): void {
    const changes = this.#changes(actor, batch);
    if (hasKeys(changes)) {
      batch.row = applyChanges(actor.row, changes, actor.row.version + 1);
      // No version is expected: the records of the batch already refuse a second writer, by their sequence, and cost no read.
      batch.writes.push({ op: "updateRun", run: actor.run, changes });
    }
    if (snapshotDue(actor, this.#parts.options)) {
      failpoint("snapshot.before");
      const row = takeSnapshot(actor);
      batch.writes.push({ op: "putSnapshot", row });
      actor.tailRecords = 0;
      actor.tailChars = 0;
      actor.bytes = 2_048 + 2 * row.data.length;
    }
    actor.committing = true;
    this.#parts.committer.commitSurely(batch.writes).then(
      () => this.#durable(actor, batch, seqBefore),
      (error: unknown) => {
        if (error instanceof CommitConflict) void this.#quarantine(actor, error, batch.envelopes);
        else for (const envelope of batch.envelopes) envelope.refused(asError(error));
      },
    );
  }

  #durable(actor: RunActor, batch: StepBatch, seqBefore: number): void {
    if (this.#halted !== undefined) return;
    actor.committing = false;
    if (batch.row !== undefined) {
      actor.row = batch.row;
      this.#parts.changed(batch.row, seqBefore, batch);
    }
    if (actor.readers.length > 0) for (const reader of actor.readers.splice(0)) reader();
    failpoint("ack.before");
    for (const envelope of batch.envelopes) envelope.settled(actor.row);
    failpoint("effects.before");
    for (const effect of batch.effects) this.#parts.effect(actor, effect);
    failpoint("effects.after");
    if (actor.mailbox.length > 0) this.#pump(actor);
    else this.#parts.live().rest(actor);
  }

  /** Ends a run that can not go on as it should: nothing of it is lost, nothing more of it happens. */
  async #quarantine(actor: RunActor, cause: unknown, envelopes: readonly Envelope[]): Promise<void> {
    actor.mailbox.unshift(...envelopes);
    try {
      if (isDeleted(cause)) this.#leave(actor, `Cannot use run "${actor.row.id}": it was deleted`);
      else await this.quarantine(actor.run, `Cannot go on: ${asError(cause).message}`);
    } catch (error) {
      this.#parts.hooks.warn?.(`Cannot quarantine run "${actor.row.id}"`, error);
    }
  }

  /** Marks a run as quarantined, with the reason, for everybody to see. */
  async quarantine(run: number, reason: string): Promise<void> {
    const actor = this.#parts.live().peek(run);
    if (actor !== undefined) this.#leave(actor, `Cannot use run "${actor.row.id}": it is quarantined (${reason})`);
    await this.#parts.committer.commitSurely([
      { op: "updateRun", run, changes: { status: "quarantined", reason, active: false } },
    ]);
    await this.#parts.quarantined(run);
    this.#parts.hooks.quarantined?.(run, reason);
  }

  /** Forgets a run that was deleted, and stops what it has under way; intents of such calls go with it. */
  deleted(run: number): void {
    const actor = this.#parts.live().peek(run);
    if (actor === undefined) return;
    for (const { id, delivery } of actor.activities.values())
      if (delivery === "at-most-once") this.#parts.committer.later(intentEnd(run, id));
    this.#leave(actor, `Cannot use run "${actor.row.id}": it was deleted`);
  }

  #leave(actor: RunActor, why: string): void {
    this.#parts.live().remove(actor);
    this.#parts.left(actor.run);
    this.#refuseAll(actor, new RunGone(why));
  }

  #refuseAll(actor: RunActor, error: unknown): void {
    for (const envelope of actor.mailbox.splice(0)) envelope.refused(asError(error));
    for (const reader of actor.readers.splice(0)) reader();
  }
}

/**
 * By how many milliseconds the time of a run is ahead of the wall clock: its times never go back, so they stay ahead after a process whose clock was fast. A timer is set by the time of the run
 * and must fire after as much has passed, so it is due that much earlier by the wall clock. A control that takes a stopped run up again may set timers by instants from before, whose lead is not
 * known any more: those are rather late than early.
 */
function leadOf(fact: RunEvent, wallNow: number): number {
  if (fact.type === "retried" || fact.type === "skipped" || fact.type === "jumped") return 0;
  return Math.max(0, fact.at - wallNow);
}

/** A row with changes made to it, as the store makes them: null removes. Written out: it is made with every commit, and a spread of so many members costs several times as much. */
function applyChanges(row: RunRow, changes: RunChanges, version: number): RunRow {
  const next: { -readonly [Key in keyof Required<RunRow>]: RunRow[Key] } = {
    run: row.run,
    id: row.id,
    org: row.org,
    slug: row.slug,
    workflowId: row.workflowId,
    instanceId: row.instanceId,
    digest: row.digest,
    status: row.status,
    reason: row.reason,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    idempotencyKey: row.idempotencyKey,
    parentRun: row.parentRun,
    parentCommand: row.parentCommand,
    labels: row.labels,
    data: row.data,
    output: row.output,
    fault: row.fault,
    head: row.head,
    active: row.active,
    version,
  };
  const members = next as unknown as Record<string, unknown>;
  for (const key in changes) members[key] = changes[key as keyof RunChanges] ?? undefined;
  return next as RunRow;
}

function hasKeys(changes: RunChanges): boolean {
  for (const _ in changes) return true;
  return false;
}

/** Takes the first facts out of a mailbox: nearly always all there are, and then the list itself. */
function takeFirst(actor: RunActor, most: number): Envelope[] {
  if (actor.mailbox.length > most) return actor.mailbox.splice(0, most);
  const all = actor.mailbox;
  actor.mailbox = [];
  return all;
}

/** A fact with its time, which is its last member. The most frequent kind is written out, because a spread costs many times as much. */
function timed(fact: PendingFact, at: number): RunEvent {
  if (fact.type === "activityCompleted") return { type: fact.type, id: fact.id, output: fact.output, at };
  return { ...fact, at } as RunEvent;
}

function jsonText(value: Json): string {
  return JSON.stringify(value);
}

/** The run was deleted while something of it was on its way to the store. */
function isDeleted(cause: unknown): boolean {
  return cause instanceof CommitConflict && cause.conflict.kind === "missing";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
