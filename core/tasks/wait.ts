import type { WaitTask } from "../dsl/model.ts";
import type { DurationSource } from "./scope.ts";
import { complete, going, type Outcome, type TaskRun, type TaskType } from "./task-type.ts";

/** `wait`: sleeps until an instant that is fixed when it begins, so that neither a crash nor a retry of a stopped run makes it start over. The data passes through. */
export const waitTask: TaskType<DurationSource> = {
  kind: "wait",
  compile(definition, scope) {
    return scope.duration((definition as WaitTask).wait, "wait");
  },
  start(duration, run) {
    return waitUntil(run.dueAt(duration), run);
  },
  answered(_body, run) {
    return complete(run.input);
  },
  revive(duration, run) {
    return waitUntil(typeof run.local === "number" ? run.local : run.dueAt(duration), run);
  },
};

function waitUntil(dueAt: number, run: TaskRun): Outcome {
  if (dueAt <= run.now) return complete(run.input);
  return going({ local: dueAt, start: [{ role: "wait", type: "setTimer", dueAt }] });
}
