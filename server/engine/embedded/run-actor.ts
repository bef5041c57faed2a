import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { Command, StartActivity, StartChild, SubscribeMessages } from "@stigmer/core/protocol/command.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { isTerminal, type RunHeader } from "@stigmer/core/protocol/state.ts";
import { eventIdentity } from "../../events/event-identity.ts";
import type { RunChanges, RunRow, TimerRow, Write } from "../../store/ports.ts";
import { chainStart } from "./journal-record.ts";
import type { CachedProgram } from "./program-cache.ts";

type WithoutTime<Event> = Event extends RunEvent ? Omit<Event, "at"> : never;

/** A fact on its way to a run: its time is given when it is taken up, so that a run's times never go back. */
export type PendingFact = WithoutTime<RunEvent>;

/** What goes with a fact. */
export interface FactTerms {
  /** The fact may not be earlier (a timer's due time). */
  readonly notBefore?: number | undefined;
  /** Belongs to the fact: committed with it, and also when the run does not want the fact any more. */
  readonly writes?: readonly Write[] | undefined;
  /** What the row is to say after the fact, instead of what follows from it. */
  readonly outcome?: RunChanges | undefined;
  /** The journal record that the fact was made by: a run that has gone on since refuses it with RunMoved. */
  readonly asOf?: number | undefined;
}

/** A fact in a run's mailbox. */
export interface Envelope {
  readonly fact: PendingFact;
  readonly terms: FactTerms;
  /** The fact, or that it is not wanted, is durable. */
  settled(row: RunRow): void;
  /** The fact is refused (a control out of phase), or nothing can be said any more. */
  refused(error: Error): void;
}

/** A child that is being started or awaited. */
export interface ChildLink {
  readonly command: StartChild;
  started: boolean;
}

/** Identities of delivered events remembered for each subscription, the oldest forgotten first. */
const DELIVERED_MAX = 1_000;

/** What a snapshot keeps beside the state: what the engine itself has to remember of a run. */
export interface ActorMemory {
  readonly at: number;
  readonly secrets: boolean;
  readonly delivered: { readonly [subscription: string]: readonly string[] };
  readonly started: readonly number[];
}

/** What a small waiting run takes beside its row and the text of its journal, measured on 20,000 of them. */
const BYTES_OF_SMALL_RUN = 4_096;

/** A run in memory: its state as of the last journal record, its mailbox, and what it has under way. */
export class RunActor {
  /** As of the last durable commit. */
  row: RunRow;
  readonly cached: CachedProgram;
  state: RunHeader | undefined;
  seq = 0;
  chain: string;
  lastAt = 0;
  hasSecrets = false;
  secrets: JsonObject | undefined;
  committing = false;
  /** Set when the run left memory or is quarantined: facts that still hold a reference must fetch it anew. */
  gone = false;
  mailbox: Envelope[] = [];
  /** Called as soon as state and row agree, before the next fact is taken up. */
  readers: (() => void)[] = [];
  readonly timers = new Map<number, TimerRow>();
  readonly activities = new Map<number, StartActivity>();
  readonly children = new Map<number, ChildLink>();
  /** CloudEvent subscriptions, each with the identities of what it was given. */
  readonly subscriptions = new Map<number, Set<string>>();
  readonly sources = new Map<number, SubscribeMessages>();
  yielded = false;
  tailRecords = 0;
  tailChars = 0;
  /** Estimated bytes in memory, for the cache budget. */
  bytes: number;

  constructor(row: RunRow, cached: CachedProgram) {
    this.row = row;
    this.cached = cached;
    this.chain = chainStart(row.run);
    this.bytes = BYTES_OF_SMALL_RUN + row.data.length;
  }

  get run(): number {
    return this.row.run;
  }

  /** Something is under way that a restart has to take up: see RunRow.active. */
  get active(): boolean {
    if (this.yielded || this.activities.size > 0 || this.sources.size > 0) return true;
    for (const child of this.children.values()) if (!child.started) return true;
    return false;
  }

  get ended(): boolean {
    return this.state !== undefined && isTerminal(this.state.status);
  }

  /** Tells whether the run still waits for this fact; late, repeated and overtaken ones it does not. */
  wants(fact: PendingFact): boolean {
    switch (fact.type) {
      case "activityCompleted":
      case "activityFailed":
        return this.activities.has(fact.id);
      case "timerFired":
        return this.timers.has(fact.id);
      case "eventDelivered": {
        if (this.sources.has(fact.id)) return true;
        const identity = eventIdentity(fact.event);
        return this.subscriptions.get(fact.id)?.has(identity ?? "") === false;
      }
      case "subscriptionEnded":
        return this.sources.has(fact.id);
      case "childStarted":
        return this.children.get(fact.id)?.started === false;
      case "childCompleted":
      case "childFailed":
        return this.children.has(fact.id);
      case "continued":
        return this.yielded;
      default:
        return true;
    }
  }

  /** Forgets what a fact has answered and remembers what must not come twice. Live and in replay alike. */
  answered(fact: RunEvent): void {
    switch (fact.type) {
      case "started":
        this.hasSecrets = Object.keys(fact.secrets).length > 0;
        return;
      case "activityCompleted":
      case "activityFailed":
        this.activities.delete(fact.id);
        return;
      case "timerFired":
        this.timers.delete(fact.id);
        return;
      case "eventDelivered":
        this.#remember(fact.id, fact.event);
        return;
      case "subscriptionEnded":
        this.sources.delete(fact.id);
        return;
      case "childStarted": {
        const child = this.children.get(fact.id);
        if (child?.command.await === true) child.started = true;
        else this.children.delete(fact.id);
        return;
      }
      case "childCompleted":
      case "childFailed":
        this.children.delete(fact.id);
        return;
      case "continued":
        this.yielded = false;
        return;
      default:
    }
  }

  #remember(id: number, event: JsonObject): void {
    const delivered = this.subscriptions.get(id);
    const identity = eventIdentity(event);
    if (delivered === undefined || identity === undefined) return;
    delivered.add(identity);
    if (delivered.size <= DELIVERED_MAX) return;
    for (const oldest of delivered) {
      delivered.delete(oldest);
      return;
    }
  }

  /** Takes note of a command: live ones as they come, outstanding ones when a run is loaded. */
  track(command: Command): void {
    switch (command.type) {
      case "startActivity":
        this.activities.set(command.id, command);
        return;
      case "cancelActivity":
        this.activities.delete(command.id);
        return;
      case "setTimer":
        this.timers.set(command.id, { dueAt: command.dueAt, run: this.run, id: command.id });
        return;
      case "clearTimer":
        this.timers.delete(command.id);
        return;
      case "subscribe":
        if (command.source === "asyncapi") this.sources.set(command.id, command);
        else if (!this.subscriptions.has(command.id)) this.subscriptions.set(command.id, new Set());
        return;
      case "unsubscribe":
        this.sources.delete(command.id);
        this.subscriptions.delete(command.id);
        return;
      case "startChild":
        this.children.set(command.id, { command, started: false });
        return;
      case "cancelChild":
        this.children.delete(command.id);
        return;
      case "yield":
        this.yielded = true;
        return;
      default:
    }
  }

  /** What has to survive leaving memory beside the state. */
  memory(): ActorMemory {
    const delivered: Record<string, readonly string[]> = {};
    for (const [id, identities] of this.subscriptions) if (identities.size > 0) delivered[String(id)] = [...identities];
    const started = [...this.children].filter(([, child]) => child.started).map(([id]) => id);
    return { at: this.lastAt, secrets: this.hasSecrets, delivered, started };
  }
}

/** A secret of a run by its path; the empty path is all of them. */
export function secretAt(secrets: JsonObject | undefined, path: readonly string[]): Json | undefined {
  let value: Json | undefined = secrets;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as JsonObject)[segment];
  }
  return value;
}
