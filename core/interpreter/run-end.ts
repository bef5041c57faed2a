import type { Json } from "../lib/json.ts";
import type { Fault } from "../protocol/fault.ts";
import type { Turn } from "./turn.ts";

/* How a run ends, each with its command. A run that completes has no frames left; one that faults or is cancelled keeps them, so that an operator can have it go on from where it stopped. */

/** The run completes with its transformed output. */
export function completeRun(turn: Turn, output: Json): void {
  stopAll(turn);
  turn.state.status = "completed";
  turn.state.output = output;
  turn.state.endedAt = turn.now;
  turn.commands.push({ type: "complete", output });
}

/** The run faults at a slot (-1 is the workflow itself); the tasks on the path from there outwards have faulted, the others are cancelled. */
export function faultRun(turn: Turn, slot: number, path: ReadonlySet<number>, fault: Fault): void {
  noteFaulted(turn, path, fault);
  stopAll(turn, path);
  turn.state.status = "faulted";
  turn.state.fault = fault;
  if (slot >= 0) turn.state.faultedAt = slot;
  turn.state.endedAt = turn.now;
  turn.commands.push({ type: "fail", fault });
}

/** An operator cancels the run: everything stops, what was detached too. */
export function cancelRun(turn: Turn, reason: string | undefined): void {
  stopAll(turn, new Set());
  for (const [id, { role }] of Object.entries(turn.state.pending))
    if (role === "@detached") turn.cancelCommand(Number(id));
  turn.state.status = "cancelled";
  turn.state.endedAt = turn.now;
  turn.commands.push({ type: "cancel", ...(reason === undefined ? {} : { reason }) });
}

/** Notes on each task of a path that it has faulted. */
export function noteFaulted(turn: Turn, path: ReadonlySet<number>, fault: Fault): void {
  for (const slot of path) {
    const frame = turn.frame(slot);
    if (frame.kind === "task") turn.note(frame, "faulted", { fault });
  }
}

/** Takes back all commands but the detached ones, which belong to nobody. Started tasks off the path are told to be cancelled. */
function stopAll(turn: Turn, path?: ReadonlySet<number>): void {
  const { state } = turn;
  for (const [slot, frame] of state.frames.entries()) {
    if (frame?.kind !== "task") continue;
    turn.cancelCommands(frame);
    if (path !== undefined && !path.has(slot) && frame.phase !== "new") turn.note(frame, "cancelled");
  }
  for (const [id, { frame, role }] of Object.entries(state.pending))
    if (frame < 0 && role !== "@detached") turn.cancelCommand(Number(id));
  state.held.length = 0;
  state.yielded = false;
  state.inbox.changed = true;
}
