import type { Command } from "../protocol/command.ts";
import type { RunEvent } from "../protocol/event.ts";
import type { TaskTrace } from "../protocol/trace.ts";
import type { Program } from "./program.ts";
import type { RunState } from "./run-state.ts";
import { step } from "./step.ts";

/** Where the facts of a run lead. */
export interface Replay {
  /** Undefined where there were no facts. */
  readonly state: RunState | undefined;
  readonly trace: readonly TaskTrace[];
  /** All commands ever issued, in order. */
  readonly commands: readonly Command[];
}

/** Takes a run through facts that have happened: gives the state, the trace and the commands that they gave the first time. */
export function replay(program: Program, events: Iterable<RunEvent>): Replay {
  let state: RunState | undefined;
  const trace: TaskTrace[] = [];
  const commands: Command[] = [];
  for (const event of events) {
    const result = step(program, state, event);
    state = result.state;
    trace.push(...result.trace);
    commands.push(...result.commands);
  }
  return { state, trace, commands };
}
