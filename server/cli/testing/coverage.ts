import { type TaskVisit, visitTasks } from "@stigmer/core/check/task-visit.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";

/** One thing that tests may reach: a task, or a way a task may go. */
interface Place {
  readonly name: string;
  readonly pointer: string;
}

/** What the cases of a file reached of its workflow. */
export interface Coverage {
  readonly tasks: { readonly total: number; readonly missed: readonly Place[] };
  /** Both ways of every `if`, every case of a `switch`, and for every `try` that it held and that it caught. */
  readonly branches: { readonly total: number; readonly missed: readonly Place[] };
}

/** Coverage of a workflow by the traces of runs. Tasks of other workflows, which have their own tests, do not count. */
export function coverage(document: WorkflowDocument, traces: readonly (readonly TaskTrace[])[]): Coverage {
  const { tasks } = visitTasks(document);
  const reached = new Set<string>();
  for (const trace of traces) for (const { pointer, moment } of trace) if (moment === "started") reached.add(pointer);
  const branches = tasks.flatMap((visit) => branchesOf(visit, tasks).map((branch) => ({ visit, ...branch })));
  const missed = branches.filter(({ taken }) => !traces.some((trace) => taken(trace)));
  return {
    tasks: { total: tasks.length, missed: tasks.filter(({ pointer }) => !reached.has(pointer)) },
    branches: {
      total: branches.length,
      missed: missed.map(({ visit, name }) => ({ name: `${visit.name}: ${name}`, pointer: visit.pointer })),
    },
  };
}

const ENDS: ReadonlySet<TaskTrace["moment"]> = new Set(["completed", "faulted", "cancelled"]);

interface Branch {
  readonly name: string;
  taken(trace: readonly TaskTrace[]): boolean;
}

function branchesOf(visit: TaskVisit, tasks: readonly TaskVisit[]): readonly Branch[] {
  const had = (moment: TaskTrace["moment"]) => (trace: readonly TaskTrace[]) =>
    trace.some((entry) => entry.pointer === visit.pointer && entry.moment === moment);
  const found: Branch[] = [];
  if (visit.task.if !== undefined)
    found.push({ name: "if true", taken: had("started") }, { name: "if false", taken: had("skipped") });
  if ("switch" in visit.task) found.push(...switchBranches(visit, tasks));
  if ("try" in visit.task) {
    // A fault that a try inside has dealt with never reaches this one: what counts is its own list.
    const tried = new Set(visit.inner.find(({ role }) => role === "try")?.tasks.map(({ pointer }) => pointer));
    const caught = (activation: readonly TaskTrace[]): boolean =>
      activation.some(({ pointer, moment }) => moment === "faulted" && tried.has(pointer));
    found.push(
      {
        name: "nothing to catch",
        taken: (trace) => activations(visit, trace).some((one) => one.at(-1)?.moment === "completed" && !caught(one)),
      },
      { name: "catch", taken: (trace) => activations(visit, trace).some(caught) },
    );
  }
  return found;
}

/** What happened from each beginning of a task to its end: a task of a loop begins many times, and its fault in one round says nothing of the others. */
function activations({ pointer }: TaskVisit, trace: readonly TaskTrace[]): readonly (readonly TaskTrace[])[] {
  const own = (entry: TaskTrace): boolean => entry.pointer === pointer;
  return trace.flatMap((begin, from) => {
    if (!own(begin) || begin.moment !== "started") return [];
    const rest = trace.slice(from).filter(({ iterations }) => begin.iterations.every((at, i) => iterations[i] === at));
    const end = rest.findIndex((entry) => own(entry) && ENDS.has(entry.moment));
    return [end < 0 ? rest : rest.slice(0, end + 1)];
  });
}

/** Which case a switch took shows in what came next, so cases that lead to the same place count as one. */
function switchBranches(visit: TaskVisit, tasks: readonly TaskVisit[]): readonly Branch[] {
  if (!("switch" in visit.task)) return [];
  const siblings = visit.list?.tasks ?? [];
  const byTarget = new Map<string | undefined, string[]>();
  for (const item of visit.task.switch) {
    for (const [name, { then }] of Object.entries(item)) {
      const target =
        then === "end" || then === "exit"
          ? undefined
          : (siblings.find((task) => task.name === then) ?? siblings[visit.index + 1])?.pointer;
      byTarget.set(target, [...(byTarget.get(target) ?? []), name]);
    }
  }
  const inList = new Set((siblings.length > 0 ? siblings : tasks).map(({ pointer }) => pointer));
  const next = (trace: readonly TaskTrace[], from: number): string | undefined =>
    trace
      .slice(from + 1)
      .find(({ pointer, moment }) => inList.has(pointer) && (moment === "started" || moment === "skipped"))?.pointer;
  return [...byTarget].map(([target, names]) => ({
    name: names.join(" or "),
    taken: (trace) =>
      trace.some(
        ({ pointer, moment }, index) =>
          pointer === visit.pointer && moment === "completed" && next(trace, index) === target,
      ),
  }));
}
