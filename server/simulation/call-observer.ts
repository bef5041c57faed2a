import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Command, StartActivity } from "@stigmer/core/protocol/command.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { ActivityContext } from "../activities/activity.ts";
import type { Interpreter, RunProgram } from "../engine/embedded/ports.ts";
import type { World } from "./world.ts";

/** The title of the fault of a call that a crash left unknown. */
export const UNKNOWN = "Outcome unknown";

/** I5: every call belongs to a command; a process makes it once, a later one only while its result is not recorded, and at most once in all where the definition asks for it. */
export class CallObserver {
  readonly interpreter: Interpreter;
  readonly #world: World;
  /** Commands by run id and command id. */
  readonly #commands = new Map<string, StartActivity>();
  /** The latest command of a run, idempotency key and attempt, as the present process knows it: calls carry no command id. */
  readonly #latest = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  readonly #unknown = new Map<string, string[]>();
  readonly #ambiguous = new Set<string>();

  constructor(world: World, interpreter: Interpreter) {
    this.#world = world;
    this.interpreter = this.#listening(interpreter);
  }

  /** A new process: it learns its commands from the journals. */
  booted(): void {
    this.#latest.clear();
  }

  /** Places (see `placeName`) of a run whose outcome a crash left unknown. */
  unknownIn(runId: string): readonly string[] {
    return this.#unknown.get(runId) ?? [];
  }

  /** Whether such an outcome stands at a place that is come to more than once (a function, an extension, a loop): its name does not tell which visit it was. */
  isAmbiguous(runId: string): boolean {
    return this.#ambiguous.has(runId);
  }

  #listening(inner: Interpreter): Interpreter {
    // Compiling is pure and every process compiles anew: doing it once for each world saves a seventh of the time.
    const programs = new Map<WorkflowDocument, RunProgram>();
    return {
      ...inner,
      compile: (document, digest) => {
        const program = programs.get(document) ?? inner.compile(document, digest);
        programs.set(document, program);
        return program;
      },
      step: (program, state, event) => {
        const result = inner.step(program, state, event);
        for (const command of result.commands) this.#note(result.state as unknown as RunOfState, command);
        return result;
      },
      // What a snapshot brings back was issued by a former process.
      outstanding: (program, state) => {
        const commands = inner.outstanding(program, state);
        for (const command of commands) this.#note(state as unknown as RunOfState, command);
        return commands;
      },
    };
  }

  #note({ run: { runId } }: RunOfState, command: Command): void {
    if (command.type !== "startActivity") return;
    this.#commands.set(`${runId} ${String(command.id)}`, command);
    const name = callName(runId, command);
    this.#latest.set(name, Math.max(command.id, this.#latest.get(name) ?? 0));
  }

  /** An activity is called. */
  called(context: ActivityContext): void {
    const { runId } = context;
    const id = this.#latest.get(callName(runId, context));
    const name = `${runId} ${String(id)}`;
    const command = this.#commands.get(name);
    this.#world.tell(`call ${name} ${context.idempotencyKey}`);
    if (command === undefined) return this.#world.violation(`I5: ${context.idempotencyKey} belongs to no command`);
    this.#count(
      `${name} in process ${String(this.#world.crashes)}`,
      `${context.idempotencyKey} is called twice by one process`,
    );
    if (command.delivery === "at-most-once")
      this.#count(name, `${context.idempotencyKey} is called again though it is to be called at most once`);
    const run = this.#world.observer.runs.keyOf(runId);
    if (run !== undefined && this.#world.observer.runs.of(run).answered.has(`activity ${String(id)}`))
      this.#world.violation(`I5: ${context.idempotencyKey} is called after its result was recorded`);
  }

  #count(name: string, problem: string): void {
    const calls = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, calls);
    if (calls > 1) this.#world.violation(`I5: ${problem}`);
  }

  /** A fact became durable: that an outcome is unknown is said only where a crash explains it and the definition asks for it. */
  recorded(run: number, fact: RunEvent): void {
    if (fact.type !== "activityFailed" || (fact.fault as Fault).title !== UNKNOWN) return;
    for (const [name, command] of this.#commands) {
      const [runId = "", id] = split(name);
      if (id !== String(fact.id) || this.#world.observer.runs.keyOf(runId) !== run) continue;
      if (command.delivery !== "at-most-once" || this.#world.crashes === 0)
        this.#world.violation(`I5: the outcome of ${command.idempotencyKey} is unknown without cause`);
      const places = this.#unknown.get(runId) ?? [];
      this.#unknown.set(runId, [...places, placeName(command.task)]);
      const { pointer, iterations } = command.task;
      const only = `${runId}${pointer}${iterations.length === 0 ? "" : `#${iterations.join(".")}`}`;
      if (command.idempotencyKey !== only) this.#ambiguous.add(runId);
    }
  }
}

interface RunOfState {
  readonly run: { readonly runId: string };
}

/** Where a call stands, as the oracle knows it too. */
export function placeName({
  pointer,
  iterations,
  attempt,
}: Pick<StartActivity["task"], "pointer" | "iterations" | "attempt">): string {
  return `${pointer}|${iterations.join()}|${String(attempt)}`;
}

function callName(runId: string, { idempotencyKey, task }: Pick<ActivityContext, "idempotencyKey" | "task">): string {
  return `${runId} ${idempotencyKey} ${String(task.attempt)}`;
}

function split(name: string): readonly string[] {
  const at = name.lastIndexOf(" ");
  return [name.slice(0, at), name.slice(at + 1)];
}
