/*
 * The interpreter's face: what hosts import. Everything else in this folder is its own matter.
 */
export { type CompileProgramOptions, compileProgram } from "./compile.ts";
export { ControlError, checkControl } from "./control.ts";
export type { Program } from "./program.ts";
export { type Replay, replay } from "./replay.ts";
export type { RunState } from "./run-state.ts";
export { type StepResult, step } from "./step.ts";
export { outstanding, waitingFor } from "./waiting.ts";
export { ProgramError } from "../tasks/program-error.ts";
