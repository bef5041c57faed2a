import type { TaskListVisit, TaskVisit } from "./task-visit.ts";

/** Where control may go after a task of a list: to tasks of the list by index, or out of it. */
export interface Successors {
  readonly inside: ReadonlySet<number>;
  readonly leaves: boolean;
}

/** Where control may go after each task of a sequential list (specification, flow directives); the end of the list is a way out. */
export function flowOf(list: TaskListVisit): readonly Successors[] {
  const indexOf = new Map(list.tasks.map(({ name, index }) => [name, index]));
  return list.tasks.map((visit) => {
    const inside = new Set<number>();
    let leaves = false;
    const go = (directive: string): void => {
      const target = indexOf.get(directive);
      if (directive === "continue") next();
      else if (target === undefined) leaves = true;
      else inside.add(target);
    };
    const next = (): void => {
      if (visit.index + 1 < list.tasks.length) inside.add(visit.index + 1);
      else leaves = true;
    };
    for (const directive of directivesOf(visit)) go(directive);
    // A task that is skipped goes on to the next one, whatever its own `then` says.
    if (visit.task.if !== undefined) next();
    if (visit.kind === "raise") leaves = true;
    return { inside, leaves };
  });
}

/** Whether a directive of the list names a task that is not there. Where it was meant to lead is not known then, so nothing can be said about what is never reached. */
export function leadsNowhere(list: TaskListVisit): boolean {
  const known = new Set(["continue", "exit", "end", ...list.tasks.map(({ name }) => name)]);
  return list.tasks.some((visit) => directivesOf(visit).some((directive) => !known.has(directive)));
}

/** The directives that may be followed after a task, if it runs. */
function directivesOf({ task }: TaskVisit): readonly string[] {
  const own = task.then ?? "continue";
  if ("raise" in task) return [];
  if ("switch" in task) {
    const cases = task.switch.flatMap((item) => Object.values(item));
    const hasDefault = cases.some((item) => item.when === undefined);
    return [...cases.map((item) => item.then), ...(hasDefault ? [] : [own])];
  }
  if ("try" in task && task.catch.then !== undefined) return [own, task.catch.then];
  return [own];
}

/** The indexes that can be reached from `start` along the flow. */
export function reachableFrom(flow: readonly Successors[], start: number): ReadonlySet<number> {
  const reached = new Set<number>([start]);
  // A set that grows while it is iterated yields what was added: the usual worklist.
  for (const index of reached) for (const next of flow[index]?.inside ?? []) reached.add(next);
  return reached;
}

/** The indexes from which some way leads out of the list. */
export function waysOut(flow: readonly Successors[]): ReadonlySet<number> {
  const predecessors: number[][] = flow.map(() => []);
  for (const [index, { inside }] of flow.entries()) for (const next of inside) predecessors[next]?.push(index);
  const out = new Set<number>();
  for (const [index, { leaves }] of flow.entries()) if (leaves) out.add(index);
  for (const index of out) for (const before of predecessors[index] ?? []) out.add(before);
  return out;
}
