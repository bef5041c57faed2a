import type { TaskDefinition, TaskList, WorkflowDocument } from "../dsl/model.ts";
import { type TaskKind, taskEntries, taskKind } from "../dsl/task-kind.ts";
import { childPointer } from "../lib/json-pointer.ts";
import { type Json, isJsonArray, isJsonObject } from "../lib/json.ts";

/*
 * A definition as boxes: the language is structured, so the drawing is a tree of lists and needs no layout engine. Only `then` jumps leave the tree. Console, command line and documentation
 * draw from the same blocks.
 */

/** One task as a box. `lanes` are the lists inside it: the branches of a fork, the body of a loop, the try and catch of a try. */
export interface TaskBlock {
  readonly name: string;
  /** RFC 6901 pointer into the document: the key under which live states are laid over the box. */
  readonly pointer: string;
  readonly kind: TaskKind;
  /** What the task does, in a few words: `POST /payments`, `for each item`, `wait PT5M`. */
  readonly summary: string;
  readonly lanes: readonly Lane[];
  /** Where the flow goes other than to the next box of the lane. */
  readonly jumps: readonly Jump[];
  readonly conditional: boolean;
}

/** A list of boxes, one after the other. */
export interface Lane {
  readonly title: string;
  readonly tasks: readonly TaskBlock[];
}

/** A `then` (of the task, of a switch case, of a catch): to a box of the same lane, out of the lane, or to the end of the run. */
export interface Jump {
  readonly label: string;
  readonly to: { readonly pointer: string } | "exit" | "end";
  /** False when the flow can still fall through to the next box. */
  readonly always: boolean;
}

/** The blocks of a checked definition. */
export function blocks(document: WorkflowDocument): Lane {
  return { title: document.document.title ?? document.document.name, tasks: lane(document.do, "/do") };
}

function lane(list: TaskList, pointer: string): readonly TaskBlock[] {
  const entries = taskEntries(list);
  const places = new Map(
    entries.map(({ name, index }) => [name, childPointer(childPointer(pointer, String(index)), name)]),
  );
  return entries.map(({ name, task }) => block(name, task, places.get(name) as string, places));
}

function block(name: string, task: TaskDefinition, pointer: string, places: ReadonlyMap<string, string>): TaskBlock {
  return {
    name,
    pointer,
    kind: taskKind(task),
    summary: summary(task),
    lanes: lanes(task, pointer),
    jumps: jumps(task, places),
    conditional: task.if !== undefined,
  };
}

function lanes(task: TaskDefinition, pointer: string): readonly Lane[] {
  if ("for" in task) return [{ title: "each", tasks: lane(task.do, `${pointer}/do`) }];
  if ("do" in task) return [{ title: "", tasks: lane(task.do, `${pointer}/do`) }];
  if ("fork" in task) {
    return lane(task.fork.branches, `${pointer}/fork/branches`).map((branch) => ({ title: "", tasks: [branch] }));
  }
  if ("try" in task) {
    const handler =
      task.catch.do === undefined ? [] : [{ title: "catch", tasks: lane(task.catch.do, `${pointer}/catch/do`) }];
    return [{ title: "try", tasks: lane(task.try, `${pointer}/try`) }, ...handler];
  }
  if ("listen" in task && task.foreach?.do !== undefined)
    return [{ title: "each event", tasks: lane(task.foreach.do, `${pointer}/foreach/do`) }];
  return [];
}

function jumps(task: TaskDefinition, places: ReadonlyMap<string, string>): readonly Jump[] {
  const found: Jump[] = [];
  const add = (directive: string | undefined, label: string, always: boolean): void => {
    if (directive === undefined || directive === "continue") return;
    const pointer = places.get(directive);
    if (directive === "exit" || directive === "end") found.push({ label, to: directive, always });
    else if (pointer !== undefined) found.push({ label, to: { pointer }, always });
  };
  if ("switch" in task) {
    for (const item of task.switch) for (const [name, choice] of Object.entries(item)) add(choice.then, name, false);
  }
  if ("try" in task) add(task.catch.then, "caught", false);
  add(task.then, "", task.if === undefined && !("switch" in task));
  return found;
}

const SUMMARY_CHARS_MAX = 48;

function summary(task: TaskDefinition): string {
  const text = words(task);
  return text.length > SUMMARY_CHARS_MAX ? `${text.slice(0, SUMMARY_CHARS_MAX - 1)}…` : text;
}

function words(task: TaskDefinition): string {
  if ("call" in task) return callWords(task.call, (task as { readonly with?: Json }).with);
  if ("for" in task) return `for each ${task.for.each ?? "item"}`;
  if ("do" in task) return "do";
  if ("emit" in task)
    return `emit ${String((task.emit.event.with as { readonly type?: Json } | undefined)?.type ?? "")}`.trim();
  if ("fork" in task) return task.fork.compete === true ? "race" : "in parallel";
  if ("listen" in task)
    return `listen to ${Object.keys(task.listen.to)
      .filter((key) => key !== "until")
      .join(", ")}`;
  if ("raise" in task)
    return `raise ${typeof task.raise.error === "string" ? task.raise.error : (task.raise.error.title ?? task.raise.error.type)}`;
  if ("run" in task)
    return `run ${Object.keys(task.run).find((key) => key !== "await" && key !== "return") ?? ""}`.trim();
  if ("switch" in task) return "switch";
  if ("try" in task) return task.catch.retry === undefined ? "try" : "try, retry";
  if ("wait" in task)
    return `wait ${
      typeof task.wait === "string"
        ? task.wait
        : Object.entries(task.wait)
            .map(([unit, amount]) => `${amount} ${unit}`)
            .join(" ")
    }`;
  return "set";
}

function callWords(call: string, given: Json | undefined): string {
  const args = isJsonObject(given) ? given : {};
  const endpoint = isJsonObject(args["endpoint"]) ? args["endpoint"]["uri"] : args["endpoint"];
  switch (call) {
    case "http":
      return `${String(args["method"]).toUpperCase()} ${String(endpoint ?? "")}`;
    case "openapi":
      return `openapi ${String(args["operationId"] ?? "")}`;
    case "grpc":
      return `grpc ${String(args["method"] ?? "")}`;
    case "asyncapi":
      return `asyncapi ${String(args["operation"] ?? args["channel"] ?? "")}`;
    case "mcp":
    case "a2a":
      return `${call} ${isJsonArray(args["method"]) ? "" : String(args["method"] ?? "")}`;
    default:
      return `call ${call}`;
  }
}
