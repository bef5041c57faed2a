import { isTerminal } from "@stigmer/core/protocol/state.ts";
import type { Interpreter } from "../../engine/embedded/ports.ts";
import type { Mutant } from "./mutant.ts";

/** An interpreter with one member replaced. */
function inInterpreter(name: string, change: (inner: Interpreter) => Partial<Interpreter>): Mutant {
  return { name, interpreter: (inner) => ({ ...inner, ...change(inner) }) };
}

/** Faults in the interpreter as the engine uses it. */
export const interpreterMutants: readonly Mutant[] = [
  inInterpreter("stops what is not awaited when its run ends", (inner) => ({
    outstanding: (program, state) => (isTerminal(state.status) ? [] : inner.outstanding(program, state)),
  })),
  inInterpreter("does not take up again what is not awaited", (inner) => ({
    outstanding: (program, state) =>
      inner
        .outstanding(program, state)
        .filter((command) => command.type !== "startActivity" || command.kind !== "shell"),
  })),
  inInterpreter("takes every control for allowed", () => ({ checkControl: () => undefined })),
  inInterpreter("forgets the context an operator gives", (inner) => ({
    step: (program, state, event) =>
      inner.step(program, state, event.type === "patched" ? { ...event, context: {} } : event),
  })),
  inInterpreter("forgets the output of what is skipped", (inner) => ({
    step: (program, state, event) =>
      inner.step(program, state, event.type === "skipped" ? { ...event, output: null } : event),
  })),
  inInterpreter("forgets the input of what is jumped to", (inner) => ({
    step: (program, state, event) =>
      inner.step(program, state, event.type === "jumped" ? { ...event, input: null } : event),
  })),
  inInterpreter("issues nothing again after a restart", () => ({ outstanding: () => [] })),
  inInterpreter("issues all but the last command again", (inner) => ({
    outstanding: (program, state) => inner.outstanding(program, state).slice(0, -1),
  })),
  inInterpreter("drops a command now and then", (inner) => {
    let count = 0;
    return {
      step: (program, state, event) => {
        const result = inner.step(program, state, event);
        return count++ % 9 === 8
          ? {
              ...result,
              commands: result.commands.filter(({ type }) => type !== "startActivity" && type !== "setTimer"),
            }
          : result;
      },
    };
  }),
  inInterpreter("is not deterministic", (inner) => {
    let count = 0;
    return {
      step: (program, state, event) => {
        const result = inner.step(
          program,
          state,
          event.type === "activityCompleted" ? { ...event, output: { n: count++ } } : event,
        );
        return result;
      },
    };
  }),
];
