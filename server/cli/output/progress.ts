import type {
  WorkflowExecution,
  WorkflowTask,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { RunPhase, TaskPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { duration } from "./age.ts";
import type { Terminal } from "./terminal.ts";

/** A view of a run under way: a tree that redraws on a terminal, one line an event off it. */
export interface ProgressView {
  update(execution: WorkflowExecution): void;
  close(): void;
}

/** The view that suits the terminal. */
export function progress(terminal: Terminal, title: string, id: string): ProgressView {
  return terminal.live ? liveView(terminal, title, id) : plainView(terminal, title, id);
}

const word = (phase: TaskPhase): string => (TaskPhase[phase] ?? "").replace("TASK_PHASE_", "").toLowerCase();
const runWord = (phase: RunPhase): string => (RunPhase[phase] ?? "").replace("RUN_PHASE_", "").toLowerCase();

function took(task: WorkflowTask): string {
  if (task.started === undefined || task.completed === undefined) return "";
  return duration(timestampMs(task.completed) - timestampMs(task.started));
}

function label(task: WorkflowTask): string {
  const repeats = [
    task.attempt > 1 ? `attempt ${task.attempt}` : "",
    task.iteration > 0 ? `#${task.iteration}` : "",
  ].filter((part) => part !== "");
  return repeats.length === 0 ? task.taskName : `${task.taskName} (${repeats.join(", ")})`;
}

function plainView(terminal: Terminal, title: string, id: string): ProgressView {
  const seen = new Map<string, TaskPhase>();
  let phase: RunPhase | undefined;
  terminal.say(`run ${title} ${id}`);
  return {
    update({ status }) {
      for (const task of status?.tasks ?? []) {
        if (seen.get(task.taskId) === task.taskPhase) continue;
        seen.set(task.taskId, task.taskPhase);
        const detail = [took(task), task.error].filter((part) => part !== "").join("  ");
        terminal.say(`  ${word(task.taskPhase).padEnd(9)} ${label(task)}${detail === "" ? "" : `  ${detail}`}`);
      }
      if (status !== undefined && status.runPhase !== phase) {
        phase = status.runPhase;
        const reasons = status.waiting.map(({ reason }) => reason).join("; ");
        terminal.say(`run ${runWord(phase)}${phase === RunPhase.WAITING && reasons !== "" ? `: ${reasons}` : ""}`);
      }
    },
    close() {},
  };
}

function liveView(terminal: Terminal, title: string, id: string): ProgressView {
  const { colors, err } = terminal;
  let drawn = 0;
  let pending: WorkflowExecution | undefined;
  let lastDrawMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const glyph = (phase: TaskPhase): string => {
    switch (phase) {
      case TaskPhase.COMPLETED:
        return colors.green("✓");
      case TaskPhase.FAULTED:
        return colors.red("✗");
      case TaskPhase.SKIPPED:
        return colors.dim("-");
      case TaskPhase.CANCELLED:
        return colors.yellow("■");
      case TaskPhase.RETRYING:
        return colors.yellow("↻");
      case TaskPhase.WAITING:
        return colors.yellow("◌");
      default:
        return colors.cyan("●");
    }
  };
  const draw = (execution: WorkflowExecution): void => {
    lastDrawMs = Date.now();
    const { status } = execution;
    const tasks = status?.tasks ?? [];
    const depthOf = depths(tasks);
    const lines = tasks.map((task) => {
      const phase =
        task.taskPhase === TaskPhase.COMPLETED
          ? took(task)
          : [word(task.taskPhase), task.error].filter((part) => part !== "").join(" ");
      return `${"  ".repeat(1 + (depthOf.get(task.taskId) ?? 0))}${glyph(task.taskPhase)} ${label(task)}  ${colors.dim(phase)}`;
    });
    const room = Math.max(3, terminal.rows - 4);
    const shown =
      lines.length <= room
        ? lines
        : [colors.dim(`  ${lines.length - room} more above`), ...lines.slice(lines.length - room)];
    const waiting = (status?.waiting ?? []).slice(0, 3).map(({ reason }) => colors.dim(`  waits for ${reason}`));
    const text = [
      `${colors.bold(title)} ${colors.dim(id)}  ${runWord(status?.runPhase ?? RunPhase.PENDING)}`,
      ...shown,
      ...waiting,
    ];
    err.write(
      `${drawn > 0 ? `\u001B[${drawn}A` : ""}\u001B[0J${text.map((line) => fit(line, terminal.columns)).join("\n")}\n`,
    );
    drawn = text.length;
  };
  return {
    update(execution) {
      pending = execution;
      const wait = 50 - (Date.now() - lastDrawMs);
      if (wait <= 0) draw(execution);
      else
        timer ??= setTimeout(() => {
          timer = undefined;
          if (pending !== undefined) draw(pending);
        }, wait);
    },
    close() {
      clearTimeout(timer);
      if (pending !== undefined) draw(pending);
    },
  };
}

/** Depth of each task below the tasks that contain it. */
function depths(tasks: readonly WorkflowTask[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const task of tasks)
    found.set(task.taskId, task.parentTaskId === "" ? 0 : (found.get(task.parentTaskId) ?? 0) + 1);
  return found;
}

/** Cuts a line to the terminal's width, not counting colour codes. */
function fit(line: string, columns: number): string {
  let width = 0;
  let index = 0;
  while (index < line.length && width < columns - 1) {
    const code = /^\u001B\[[\d;]*m/u.exec(line.slice(index));
    if (code === null) {
      width += 1;
      index += 1;
    } else {
      index += code[0].length;
    }
  }
  return index >= line.length ? line : `${line.slice(0, index)}\u001B[0m`;
}
