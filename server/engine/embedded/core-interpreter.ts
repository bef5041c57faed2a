import {
  checkControl,
  compileProgram,
  outstanding,
  type Program,
  type RunState,
  step,
  waitingFor,
} from "@stigmer/core/interpreter/interpreter.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { ControlEvent, RunEvent } from "@stigmer/core/protocol/event.ts";
import type { Interpreter } from "./ports.ts";

/** The interpreter of core behind the engine's port. Programs and states are opaque to the engine, so they come back as what they were. */
export const coreInterpreter: Interpreter = {
  compile: (document: WorkflowDocument, digest: string) => compileProgram(document, { digest }),
  step: (program, state, event: RunEvent) => step(program as Program, state as RunState | undefined, event),
  outstanding: (program, state) => outstanding(program as Program, state as RunState),
  waitingFor: (program, state) => waitingFor(program as Program, state as RunState),
  checkControl: (program, state, event) => checkControl(program as Program, state as RunState, event as ControlEvent),
};
