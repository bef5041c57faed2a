import type { SwitchTask } from "../dsl/model.ts";
import type { DirectiveTarget } from "./directive.ts";
import type { Evaluator } from "./evaluator.ts";
import { complete, type TaskType } from "./task-type.ts";

interface SwitchBody {
  readonly cases: readonly { readonly when: Evaluator; readonly then: DirectiveTarget }[];
  readonly otherwise?: DirectiveTarget;
}

/**
 * `switch`: the first case in order whose `when` holds, else the case without `when`, wherever it stands. Without any, the task's own `then` counts, as for every task. The data passes through.
 */
export const switchTask: TaskType<SwitchBody> = {
  kind: "switch",
  compile(definition, scope) {
    const cases: SwitchBody["cases"][number][] = [];
    let otherwise: DirectiveTarget | undefined;
    for (const [index, item] of (definition as SwitchTask).switch.entries()) {
      for (const [name, { when, then }] of Object.entries(item)) {
        const target = scope.directive(then, "switch", index, name, "then");
        if (when !== undefined) cases.push({ when: scope.bare(when, "switch", index, name, "when"), then: target });
        else if (otherwise === undefined) otherwise = target;
        else
          throw scope.error(
            "Cannot have two cases without a condition: the second could never be taken",
            "switch",
            index,
            name,
          );
      }
    }
    return { cases, ...(otherwise === undefined ? {} : { otherwise }) };
  },
  start({ cases, otherwise }, run) {
    const matching = cases.find(({ when }) => run.test(when));
    return complete(run.input, matching?.then ?? otherwise);
  },
};
