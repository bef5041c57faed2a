import type { DoTask } from "../dsl/model.ts";
import { complete, going, type TaskType } from "./task-type.ts";

/** `do`: tasks one after the other; its output is the last one's. `enter` lets control begin at any of them. */
export const doTask: TaskType<{ readonly list: string }> = {
  kind: "do",
  compile(definition, scope) {
    return { list: scope.list((definition as DoTask).do, "do").pointer };
  },
  start({ list }, run) {
    return going({ run: [{ role: "do", list, input: run.input }] });
  },
  finished(_body, _run, child) {
    return complete(child.output);
  },
  enter() {
    return { local: null, role: "do" };
  },
};
