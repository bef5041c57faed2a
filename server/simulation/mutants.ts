import type { EnginePorts, Interpreter } from "../engine/embedded/ports.ts";

/** A planted fault: the engine's ports with one promise broken, as a bug in the engine would break it. */
export interface Mutant {
  readonly name: string;
  ports?(ports: EnginePorts): EnginePorts;
  interpreter?(interpreter: Interpreter): Interpreter;
}
