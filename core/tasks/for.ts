import type { ForTask } from "../dsl/model.ts";
import { type Json, type JsonObject, isJsonArray } from "../lib/json.ts";
import type { Evaluator } from "./evaluator.ts";
import { taskFault } from "./task-fault.ts";
import { complete, going, type Outcome, type TaskRun, type TaskType } from "./task-type.ts";

interface ForBody {
  readonly each: string;
  readonly at: string;
  readonly in: Evaluator;
  readonly while?: Evaluator;
  readonly list: string;
}

interface ForLocal {
  readonly items: readonly Json[];
  readonly index: number;
}

/**
 * `for`: its `do` once for each item, one after the other; the output of an iteration is the input of the next, and the last one's is the task's. `while` is tested before each iteration on
 * what that iteration would get. Null counts as no items; anything else that is no array is an expression fault.
 */
export const forTask: TaskType<ForBody> = {
  kind: "for",
  compile(definition, scope) {
    const { for: loop, while: condition, do: list } = definition as ForTask;
    const each = loop.each ?? "item";
    const at = loop.at ?? "index";
    const inside = scope.withVariables(each, at).inRepetition();
    return {
      each,
      at,
      in: typeof loop.in === "string" ? scope.bare(loop.in, "for", "in") : scope.template(loop.in, "for", "in"),
      ...(condition === undefined ? {} : { while: inside.bare(condition, "while") }),
      list: inside.list(list, "do").pointer,
    };
  },
  start(body, run) {
    return iterate(body, run, itemsOf(body, run), 0, run.input);
  },
  finished(body, run, child) {
    const { items, index } = run.local as unknown as ForLocal;
    return iterate(body, run, items, index + 1, child.output);
  },
  enter(body, run, _list, iteration) {
    const items = itemsOf(body, run);
    if (iteration === undefined || iteration >= items.length) return undefined;
    return {
      local: { items, index: iteration },
      role: "do",
      variables: variablesAt(body, items, iteration),
      iteration,
    };
  },
};

function itemsOf(body: ForBody, run: TaskRun): readonly Json[] {
  const items = run.value(body.in);
  if (items === null) return [];
  if (isJsonArray(items)) return items;
  throw taskFault(
    "expression",
    "Invalid collection",
    `Cannot iterate over ${JSON.stringify(items).slice(0, 100)}: it is no array, "in" should give one`,
  );
}

function iterate(body: ForBody, run: TaskRun, items: readonly Json[], index: number, data: Json): Outcome {
  if (index >= items.length) return complete(data);
  const variables = variablesAt(body, items, index);
  if (body.while !== undefined && !run.test(body.while, data, variables)) return complete(data);
  return going({
    local: { items, index },
    run: [{ role: "do", list: body.list, input: data, variables, iteration: index }],
  });
}

function variablesAt(body: ForBody, items: readonly Json[], index: number): JsonObject {
  return { [body.each]: items[index] as Json, [body.at]: index };
}
