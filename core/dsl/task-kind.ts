import type { TaskDefinition, TaskList } from "./model.ts";

/** The twelve kinds of task. `for` comes before `do` where a kind is looked up by key, since a `for` task has both. */
export const taskKinds = [
  "call",
  "emit",
  "for",
  "fork",
  "listen",
  "raise",
  "run",
  "set",
  "switch",
  "try",
  "wait",
  "do",
] as const;

/** The kind of a task: the key that tells it. */
export type TaskKind = (typeof taskKinds)[number];

/** A task of one kind, by the name of the kind. */
export type TaskOfKind<K extends TaskKind> = K extends "do"
  ? Exclude<Extract<TaskDefinition, Record<"do", unknown>>, Record<"for", unknown>>
  : Extract<TaskDefinition, Record<K, unknown>>;

/** The kind of a task that passed the schema check; a task without any kind key is a fault of ours. */
export function taskKind(task: TaskDefinition): TaskKind {
  for (const kind of taskKinds) if (Object.hasOwn(task, kind)) return kind;
  throw new Error("assertion: a checked task has exactly one kind");
}

/** Narrows a task to one kind. */
export function isTaskOfKind<K extends TaskKind>(task: TaskDefinition, kind: K): task is TaskOfKind<K> {
  return taskKind(task) === kind;
}

/** One task of a list, with its name and its place. */
export interface TaskEntry {
  readonly name: string;
  readonly task: TaskDefinition;
  readonly index: number;
}

/** The tasks of a list by name, in order; each item of a checked list has exactly one key. */
export function taskEntries(list: TaskList): readonly TaskEntry[] {
  return list.map((item, index) => {
    const [name, task] = Object.entries(item)[0] as [string, TaskDefinition];
    return { name, task, index };
  });
}
