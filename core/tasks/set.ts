import type { SetTask } from "../dsl/model.ts";
import type { Evaluator } from "./evaluator.ts";
import { complete, type TaskType } from "./task-type.ts";

/** `set`: its output is the value given, which replaces the data and is not merged with it. A string is an expression by itself. */
export const setTask: TaskType<Evaluator> = {
  kind: "set",
  compile(definition, scope) {
    const { set } = definition as SetTask;
    return typeof set === "string" && !set.includes("${") ? scope.bare(set, "set") : scope.template(set, "set");
  },
  start(value, run) {
    return complete(run.value(value));
  },
};
