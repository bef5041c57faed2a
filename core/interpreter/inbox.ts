import { type Json, type JsonObject, getKey, jsonEquals } from "../lib/json.ts";
import type { EventFilter } from "../protocol/command.ts";
import type { TaskNode } from "../tasks/task-type.ts";
import { evaluate, sites } from "./arguments.ts";
import { FrameRun } from "./frame-run.ts";
import type { TaskFrame } from "./run-state.ts";
import type { Turn } from "./turn.ts";

/*
 * CloudEvents for listening tasks. A run has one subscription at a time: what its listening tasks want, and, from its start, what the listen tasks still ahead of it will want as far as the
 * document tells. An event goes to every task that is listening and wants it; one that nobody wants yet is kept for those ahead. So an event is never lost because it came early, and two
 * listen tasks one after the other never consume the same one.
 */

/** Events and characters an inbox holds; when it is full the oldest event is given up and counted in `dropped`. */
export const INBOX_EVENTS_MAX = 1000;
export const INBOX_SIZE_MAX = 1_048_576;

/** Identities of events remembered, so that the same event over two subscriptions counts once. */
const RECENT_MAX = 64;

/** Tells whether an event was seen lately, and remembers it; events without id or source are always new. */
export function isRepeated(turn: Turn, event: JsonObject): boolean {
  const id = getKey(event, "id");
  const source = getKey(event, "source");
  if (typeof id !== "string" || typeof source !== "string") return false;
  const identity = `${source}\n${id}`;
  const { recent } = turn.state.inbox;
  if (recent.includes(identity)) return true;
  recent.push(identity);
  if (recent.length > RECENT_MAX) recent.shift();
  return false;
}

/** Keeps an event for listen tasks ahead. */
export function keep(turn: Turn, event: JsonObject): void {
  const { inbox } = turn.state;
  inbox.events.push(event);
  inbox.size += sizeOf(event);
  while (inbox.events.length > INBOX_EVENTS_MAX || (inbox.size > INBOX_SIZE_MAX && inbox.events.length > 0)) {
    inbox.size -= sizeOf(inbox.events.shift() as JsonObject);
    inbox.dropped += 1;
  }
}

/** Hands out the events kept, oldest first; those that are taken leave the inbox. */
export function takeFromInbox(turn: Turn, take: (event: JsonObject) => boolean): void {
  const { inbox } = turn.state;
  if (inbox.events.length === 0) return;
  const left = inbox.events.splice(0).filter((event) => !take(event));
  // Taking may itself have put events back.
  inbox.events.unshift(...left);
  inbox.size = inbox.events.reduce((size, event) => size + sizeOf(event), 0);
}

/** A listen task was reached: it speaks for itself now. */
export function listenBegan(turn: Turn, node: TaskNode): void {
  const { inbox } = turn.state;
  inbox.changed = true;
  const index = node.repeatable ? -1 : inbox.ahead.indexOf(node.pointer);
  if (index >= 0) inbox.ahead.splice(index, 1);
}

/** A listen task is over: what it had accepted without handling it goes back. */
export function listenEnded(turn: Turn, node: TaskNode, frame: TaskFrame): void {
  const { inbox } = turn.state;
  inbox.changed = true;
  const left = node.type.leftover?.(frame.local) ?? [];
  inbox.events.unshift(...left);
  inbox.size += left.reduce((size, event) => size + sizeOf(event), 0);
}

/** Slots of the tasks that are listening. */
export function listeners(turn: Turn): readonly number[] {
  const slots: number[] = [];
  for (const [slot, frame] of turn.state.frames.entries()) {
    if (frame?.kind === "task" && frame.phase === "running" && turn.node(frame).kind === "listen") slots.push(slot);
  }
  return slots;
}

/** Brings the subscription in line with what is wanted at the end of a step. */
export function subscribe(turn: Turn, ended: boolean): void {
  const { inbox } = turn.state;
  inbox.changed = false;
  const filters = ended ? [] : wantedFilters(turn);
  const { subscription } = inbox;
  if (jsonEquals((subscription?.filters ?? []) as unknown as Json, filters as unknown as Json)) return;
  // What ends the run is the last command of its step.
  if (subscription !== null)
    turn.commands.splice(ended ? turn.commands.length - 1 : turn.commands.length, 0, {
      type: "unsubscribe",
      id: subscription.id,
    });
  inbox.subscription = null;
  if (filters.length === 0) return;
  const id = turn.state.nextId;
  turn.state.nextId += 1;
  inbox.subscription = { id, filters };
  turn.commands.push({ type: "subscribe", id, source: "events", filters });
}

function wantedFilters(turn: Turn): readonly EventFilter[] {
  const wanted: EventFilter[] = [];
  const add = (filters: readonly EventFilter[]): void => {
    for (const filter of filters)
      if (!wanted.some((known) => jsonEquals(known as unknown as Json, filter as unknown as Json))) wanted.push(filter);
  };
  const listening = new Set<string>();
  for (const slot of listeners(turn)) {
    const frame = turn.taskFrame(slot);
    const { type, body, pointer } = turn.node(frame);
    listening.add(pointer);
    add(type.filters?.(body, new FrameRun(turn, frame)) ?? []);
  }
  for (const pointer of turn.state.inbox.ahead) {
    const node = turn.program.main.tasks.get(pointer);
    if (node === undefined || listening.has(pointer)) continue;
    add(
      node.type.earlyFilters?.(node.body, {
        value: (evaluator, data = null) => evaluate(turn, evaluator, data, { site: sites.workflowInput }),
      }) ?? [],
    );
  }
  return wanted;
}

function sizeOf(event: JsonObject): number {
  return JSON.stringify(event).length;
}
