import { childPointer } from "../lib/json-pointer.ts";
import type { SubscriptionIterator, TaskDefinition, TaskList, WorkflowDocument } from "../dsl/model.ts";
import { type TaskKind, taskEntries, taskKind } from "../dsl/task-kind.ts";

/** What a list of tasks is to its owner. `branches` run side by side, all others one task after the other. */
export type TaskListRole = "do" | "try" | "catch" | "branches" | "foreach" | "before" | "after";

/** A list of tasks and its place. */
export interface TaskListVisit {
  readonly pointer: string;
  readonly role: TaskListRole;
  readonly tasks: readonly TaskVisit[];
  /** The task the list belongs to; none for the workflow's own list and for extensions. */
  readonly owner: TaskVisit | undefined;
}

/** A task, its place and its surroundings. */
export interface TaskVisit {
  readonly name: string;
  readonly task: TaskDefinition;
  readonly kind: TaskKind;
  readonly pointer: string;
  /** The list the task stands in; none for a function of `use.functions`. */
  readonly list: TaskListVisit | undefined;
  readonly index: number;
  /** The lists of tasks inside it. */
  readonly inner: readonly TaskListVisit[];
}

/** All tasks and lists of a document, outer ones first. */
export interface TaskVisits {
  readonly lists: readonly TaskListVisit[];
  readonly tasks: readonly TaskVisit[];
}

/** Visits every task of a document: the workflow's own, those of functions, and those of extensions. */
export function visitTasks(document: WorkflowDocument): TaskVisits {
  const visitor = new Visitor();
  visitor.list(document.do, "/do", "do", undefined);
  for (const [name, task] of Object.entries(document.use?.functions ?? {})) {
    visitor.task(name, task, childPointer("/use/functions", name), undefined, 0);
  }
  for (const [index, item] of (document.use?.extensions ?? []).entries()) {
    for (const [name, extension] of Object.entries(item)) {
      const pointer = childPointer(`/use/extensions/${index}`, name);
      if (extension.before !== undefined) visitor.list(extension.before, `${pointer}/before`, "before", undefined);
      if (extension.after !== undefined) visitor.list(extension.after, `${pointer}/after`, "after", undefined);
    }
  }
  return visitor;
}

/** The tasks around a task, innermost first. */
export function* enclosingTasks(visit: TaskVisit): Iterable<TaskVisit> {
  for (let owner = visit.list?.owner; owner !== undefined; owner = owner.list?.owner) yield owner;
}

class Visitor implements TaskVisits {
  readonly lists: TaskListVisit[] = [];
  readonly tasks: TaskVisit[] = [];

  list(list: TaskList, pointer: string, role: TaskListRole, owner: TaskVisit | undefined): TaskListVisit {
    const tasks: TaskVisit[] = [];
    const visit: TaskListVisit = { pointer, role, tasks, owner };
    this.lists.push(visit);
    for (const { name, task, index } of taskEntries(list)) {
      tasks.push(this.task(name, task, childPointer(`${pointer}/${index}`, name), visit, index));
    }
    return visit;
  }

  task(name: string, task: TaskDefinition, pointer: string, list: TaskListVisit | undefined, index: number): TaskVisit {
    const inner: TaskListVisit[] = [];
    const visit: TaskVisit = { name, task, kind: taskKind(task), pointer, list, index, inner };
    this.tasks.push(visit);
    for (const [path, role, innerList] of innerLists(task))
      inner.push(this.list(innerList, pointer + path, role, visit));
    return visit;
  }
}

/** The lists inside a task: pointer below the task, role, list. */
function innerLists(task: TaskDefinition): readonly (readonly [string, TaskListRole, TaskList])[] {
  if ("fork" in task) return [["/fork/branches", "branches", task.fork.branches]];
  if ("try" in task) {
    const handled = task.catch.do;
    return [["/try", "try", task.try], ...(handled === undefined ? [] : [["/catch/do", "catch", handled] as const])];
  }
  if ("do" in task) return [["/do", "do", task.do]];
  if ("listen" in task) return iteratorList(task.foreach, "/foreach");
  if ("call" in task && task.call === "asyncapi") {
    const { subscription } = task.with as { readonly subscription?: { readonly foreach?: SubscriptionIterator } };
    return iteratorList(subscription?.foreach, "/with/subscription/foreach");
  }
  return [];
}

function iteratorList(
  iterator: SubscriptionIterator | undefined,
  path: string,
): readonly (readonly [string, TaskListRole, TaskList])[] {
  return iterator?.do === undefined ? [] : [[`${path}/do`, "foreach", iterator.do]];
}
