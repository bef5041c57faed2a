import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityContext } from "../../activities/activity.ts";
import type { Engine } from "../engine.ts";

/** How a call of a task is answered: `call` counts the calls of this task from 1. */
export type Reply = (call: number, input: JsonObject, context: ActivityContext) => Promise<Json>;

/** An engine in a world that the suite controls: what is defined, what calls answer, when time passes, when the process dies. */
export interface EngineWorld {
  /** The engine of the present process. */
  readonly engine: Engine;
  /** Makes a definition known; its digest. */
  define(document: WorkflowDocument): string;
  /** Says how the calls of a task (by name) are answered; null unless said. */
  answer(task: string, reply: Reply): void;
  /** How often the task was called, over all processes. */
  calls(task: string): number;
  /** Lets happen what can happen without time passing. */
  settle(): Promise<void>;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  /** Kills the process and starts the next one. */
  crash(): Promise<void>;
}

/** A world whose process dies every time the suite looks away: what passes here survives crashes. */
export function crashing(world: EngineWorld): EngineWorld {
  return {
    get engine() {
      return world.engine;
    },
    define: (document) => world.define(document),
    answer: (task, reply) => world.answer(task, reply),
    calls: (task) => world.calls(task),
    settle: async () => {
      await world.settle();
      await world.crash();
      await world.settle();
    },
    pass: async (ms) => {
      await world.crash();
      await world.pass(ms / 2);
      await world.crash();
      await world.pass(ms - ms / 2);
    },
    crash: () => world.crash(),
  };
}
