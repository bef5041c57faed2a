import type { EnginePorts, Interpreter } from "../../engine/embedded/ports.ts";

/** A planted fault: the engine's world with one promise broken the way a bug in the engine would break it. The engine itself holds no switches. */
export interface Mutant {
  readonly name: string;
  ports?(ports: EnginePorts): EnginePorts;
  interpreter?(interpreter: Interpreter): Interpreter;
}
