import type { ChildRun, CompiledExtension, TaskNode } from "../tasks/task-type.ts";
import { sites, test } from "./arguments.ts";
import type { ExtensionProgress, TaskFrame } from "./run-state.ts";
import type { Turn } from "./turn.ts";

/*
 * Extensions are woven around tasks like rings: the first declared is the outermost. `before` lists see the task's raw input, `after` lists its transformed output; what they put out is
 * discarded. A `before` list that is left by `exit` intercepts: its output becomes the task's raw output, the task itself and the rings within are left out, and so is the ring's own `after`.
 */

/** Roles of the lists of extensions. */
export const BEFORE = "@before";
export const AFTER = "@after";

/** The extensions of a task that apply now: those whose `when` holds on its raw input. Undefined where there are none. */
export function applicableExtensions(turn: Turn, node: TaskNode, frame: TaskFrame): ExtensionProgress | undefined {
  const applied: number[] = [];
  for (const [index, { when }] of node.extensions.entries()) {
    if (when === undefined || test(turn, when, frame.raw, { site: sites.taskInput, frame })) applied.push(index);
  }
  return applied.length === 0 ? undefined : { applied, at: -1 };
}

/** The next list to run before the task; undefined when it is the task's turn. */
export function nextBefore(node: TaskNode, frame: TaskFrame, progress: ExtensionProgress): ChildRun | undefined {
  while (progress.at + 1 < progress.applied.length) {
    progress.at += 1;
    const list = extensionAt(node, progress)?.before;
    if (list !== undefined) return { role: BEFORE, list: list.pointer, input: frame.raw };
  }
  progress.at = progress.applied.length;
  return undefined;
}

/** The next list to run after the task, from the innermost ring that was passed outwards; undefined when all have run. */
export function nextAfter(node: TaskNode, progress: ExtensionProgress): ChildRun | undefined {
  while (progress.at > 0) {
    progress.at -= 1;
    const list = extensionAt(node, progress)?.after;
    if (list !== undefined) return { role: AFTER, list: list.pointer, input: progress.result ?? null };
  }
  return undefined;
}

function extensionAt(node: TaskNode, { applied, at }: ExtensionProgress): CompiledExtension | undefined {
  return node.extensions[applied[at] as number];
}
