import type { ForkTask } from "../dsl/model.ts";
import { taskEntries } from "../dsl/task-kind.ts";
import type { Json } from "../lib/json.ts";
import { complete, going, type TaskType } from "./task-type.ts";

interface ForkBody {
  readonly branches: readonly string[];
  readonly compete: boolean;
}

/** Changed in place: a fork of many branches must not copy what has ended with each that ends. */
interface ForkLocal {
  /** Outputs by branch, null until it has ended. */
  readonly outputs: Json[];
  /** Branches that have neither ended nor failed. */
  open: number;
}

/**
 * `fork`: its branches side by side on the same input; its output is the array of theirs in the order of declaration. With `compete`, the first branch to succeed wins at once: its output is
 * the task's, the losers are cancelled, and only when all have failed does the task fail, with the last error.
 */
export const forkTask: TaskType<ForkBody> = {
  kind: "fork",
  compile(definition, scope) {
    const { branches, compete } = (definition as ForkTask).fork;
    return {
      compete: compete === true,
      branches: taskEntries(branches).map(
        ({ name, task, index }) =>
          scope.unit.compileTask(name, task, scope.at("fork", "branches", index, name).withSiblings(undefined)).pointer,
      ),
    };
  },
  start({ branches, compete }, run) {
    if (branches.length === 0) return complete(compete ? null : []);
    const local: ForkLocal = { outputs: compete ? [] : branches.map(() => null), open: branches.length };
    return going({
      local: local as unknown as Json,
      run: branches.map((task, index) => ({ role: String(index), task, input: run.input })),
    });
  },
  finished({ compete }, run, child) {
    if (compete) return complete(child.output);
    const local = run.local as unknown as ForkLocal;
    local.outputs[Number(child.role)] = child.output;
    local.open -= 1;
    return local.open > 0 ? going({}) : complete(local.outputs);
  },
  faulted({ compete }, run) {
    const { outputs, open } = run.local as unknown as ForkLocal;
    return compete && open > 1 ? going({ local: { outputs, open: open - 1 } }) : undefined;
  },
};
