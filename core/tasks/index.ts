import type { TaskKind } from "../dsl/task-kind.ts";
import { callTask } from "./call.ts";
import { doTask } from "./do.ts";
import { emitTask } from "./emit.ts";
import { forTask } from "./for.ts";
import { forkTask } from "./fork.ts";
import { listenTask } from "./listen.ts";
import { raiseTask } from "./raise.ts";
import { runTask } from "./run.ts";
import { setTask } from "./set.ts";
import { switchTask } from "./switch.ts";
import type { TaskType } from "./task-type.ts";
import { tryTask } from "./try.ts";
import { waitTask } from "./wait.ts";

/** The types of task by kind: one line each. The interpreter hands a body only to the type that compiled it. */
export const taskTypes: { readonly [kind in TaskKind]: TaskType<unknown> } = {
  call: callTask,
  do: doTask,
  emit: emitTask,
  for: forTask,
  fork: forkTask,
  listen: listenTask,
  raise: raiseTask,
  run: runTask,
  set: setTask,
  switch: switchTask,
  try: tryTask,
  wait: waitTask,
};
