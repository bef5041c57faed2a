import { type JsonObject, getKey, isJsonObject } from "../lib/json.ts";
import type { Command } from "../protocol/command.ts";
import { type Waiting, isTerminal } from "../protocol/state.ts";
import { uriOf } from "../tasks/endpoint.ts";
import { listeners } from "./inbox.ts";
import type { Program } from "./program.ts";
import type { Pending, RunState, TaskFrame } from "./run-state.ts";
import { TIMEOUT } from "./timeout.ts";
import { Turn } from "./turn.ts";

/** Commands issued and not yet answered or taken back, exactly as they were issued: what a host issues again after a recovery. */
export function outstanding(_program: Program, state: RunState): Command[] {
  const commands: Command[] = [];
  for (const pending of Object.values(state.pending)) if (pending.answered !== true) commands.push(pending.command);
  const { subscription } = state.inbox;
  if (subscription !== null && !isTerminal(state.status))
    commands.push({ type: "subscribe", source: "events", ...subscription });
  if (state.yielded) commands.push({ type: "yield" });
  return commands;
}

/** Why a run waits, one entry for each task that does, in words; empty where it does not. */
export function waitingFor(program: Program, state: RunState): Waiting[] {
  const turn = new Turn(program, state, 0);
  const waits: Waiting[] = [];
  for (const [id, pending] of Object.entries(state.pending)) {
    if (pending.frame < 0 || pending.role === TIMEOUT || pending.role === "attempt" || pending.answered === true)
      continue;
    const frame = turn.taskFrame(pending.frame);
    waits.push({ ...describe(pending), id: Number(id), ...place(turn, frame), ...due(state, frame, pending) });
  }
  for (const slot of isTerminal(state.status) ? [] : listeners(turn)) {
    const frame = turn.taskFrame(slot);
    const { type, body } = turn.node(frame);
    const reason = type.describe?.(body, frame.local) ?? "an event";
    waits.push({
      kind: "event",
      id: state.inbox.subscription?.id ?? 0,
      ...place(turn, frame),
      reason,
      ...due(state, frame, undefined),
    });
  }
  return waits;
}

function place(turn: Turn, frame: TaskFrame): Pick<Waiting, "task" | "pointer" | "iterations"> {
  return { task: turn.node(frame).name, pointer: turn.pointer(frame), iterations: frame.iterations };
}

/** Until when: a timer's own time, or the timeout of the task. */
function due(state: RunState, frame: TaskFrame, pending: Pending | undefined): Pick<Waiting, "dueAt"> {
  if (pending?.command.type === "setTimer") return { dueAt: pending.command.dueAt };
  for (const id of frame.commands) {
    const timeout = state.pending[id];
    if (timeout?.role === TIMEOUT && timeout.command.type === "setTimer") return { dueAt: timeout.command.dueAt };
  }
  return {};
}

function describe({ command, role, child }: Pending): Pick<Waiting, "kind" | "reason"> {
  switch (command.type) {
    case "setTimer": {
      const until = new Date(command.dueAt).toISOString();
      return role === "retry"
        ? { kind: "retry", reason: `retry at ${until}` }
        : { kind: "timer", reason: `wait until ${until}` };
    }
    case "startActivity":
      return { kind: "activity", reason: describeActivity(command.kind, command.arguments) };
    case "startChild": {
      const run = child === undefined ? "" : ` (run ${child.runId})`;
      return {
        kind: "child",
        reason: `workflow ${command.namespace}/${command.name}:${child?.version ?? command.version}${run}`,
      };
    }
    case "subscribe":
      return { kind: "event", reason: "messages of an AsyncAPI operation" };
    default:
      throw new Error(`assertion: a ${command.type} command waits for no answer`);
  }
}

function describeActivity(kind: string, args: JsonObject): string {
  const text = (key: string): string => String(getKey(args, key) ?? "");
  switch (kind) {
    case "http":
      return `${text("method").toUpperCase()} ${uriOf(args["endpoint"])}`;
    case "resource":
      return `fetch ${uriOf(args["endpoint"]) || text("function")}`;
    case "openapi":
      return `openapi operation ${text("operationId")}`;
    case "grpc": {
      const service = args["service"];
      return `grpc ${isJsonObject(service) ? String(service["name"]) : ""}/${text("method")}`;
    }
    case "mcp":
    case "a2a":
      return `${kind} ${text("method")}`;
    case "shell":
      return `shell command ${text("command")}`;
    case "container":
      return `container ${text("image")}`;
    default:
      return kind;
  }
}
