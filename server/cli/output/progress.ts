import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { RunPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { TraceEntry } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { duration } from "./age.ts";
import type { Terminal } from "./terminal.ts";

/** A view of a run under way: a tree that redraws on a terminal, one line an event off it. */
export interface ProgressView {
  update(execution: WorkflowExecution, entries: readonly TraceEntry[]): void;
  close(): void;
}

/** The view that suits the terminal. */
export function progress(terminal: Terminal, title: string, id: string): ProgressView {
  return terminal.live ? liveView(terminal, title, id) : plainView(terminal, title, id);
}

const runWord = (phase: RunPhase): string => (RunPhase[phase] ?? "").replace("RUN_PHASE_", "").toLowerCase();

/** What is known of one task of the run, gathered from its trace. */
interface TaskLine {
  readonly name: string;
  readonly depth: number;
  moment: string;
  startedMs: number;
  endedMs: number | undefined;
  attempt: number;
  fault: string;
}

/** Tasks in the order they began; repetitions of a loop are one line that counts. */
class TaskLines {
  readonly #lines = new Map<string, TaskLine>();

  take(entry: TraceEntry): TaskLine {
    const atMs = entry.at === undefined ? 0 : timestampMs(entry.at);
    const line = this.#lines.get(entry.pointer) ?? {
      name: entry.taskName,
      depth: depthOf(entry.pointer),
      moment: "created",
      startedMs: atMs,
      endedMs: undefined,
      attempt: 1,
      fault: "",
    };
    line.moment = entry.kind;
    line.attempt = Math.max(line.attempt, entry.attempt);
    line.fault = entry.fault?.title ?? (entry.kind === "completed" ? "" : line.fault);
    if (entry.kind === "started") [line.startedMs, line.endedMs] = [atMs, undefined];
    if (["completed", "faulted", "cancelled", "skipped"].includes(entry.kind)) line.endedMs = atMs;
    this.#lines.set(entry.pointer, line);
    return line;
  }

  all(): readonly TaskLine[] {
    return [...this.#lines.values()];
  }
}

/** How many tasks contain the one at the pointer: each task adds `/<list>/<index>/<name>` (branches and catch handlers one segment more). */
function depthOf(pointer: string): number {
  return pointer.split("/").filter((segment) => /^\d+$/u.test(segment)).length - 1;
}

function detail(line: TaskLine): string {
  const took = line.endedMs === undefined || line.moment === "skipped" ? "" : duration(line.endedMs - line.startedMs);
  return [line.attempt > 1 ? `attempt ${line.attempt}` : "", took, line.fault].filter((part) => part !== "").join("  ");
}

function plainView(terminal: Terminal, title: string, id: string): ProgressView {
  const lines = new TaskLines();
  let phase: RunPhase | undefined;
  terminal.say(`run ${title} ${id}`);
  return {
    update({ status }, entries) {
      for (const entry of entries) {
        const line = lines.take(entry);
        if (entry.kind === "created") continue;
        terminal.say(
          `  ${entry.kind.padEnd(9)} ${"  ".repeat(line.depth)}${line.name}${entry.kind === "started" ? "" : `  ${detail(line)}`}`.trimEnd(),
        );
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

const REDRAW_MS = 50;

function liveView(terminal: Terminal, title: string, id: string): ProgressView {
  const { colors, err } = terminal;
  const lines = new TaskLines();
  let drawn = 0;
  let pending: WorkflowExecution | undefined;
  let lastDrawMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const glyphs: { readonly [moment: string]: string } = {
    completed: colors.green("✓"),
    faulted: colors.red("✗"),
    skipped: colors.dim("-"),
    cancelled: colors.yellow("■"),
    retried: colors.yellow("↻"),
    suspended: colors.yellow("‖"),
  };
  const draw = (execution: WorkflowExecution): void => {
    lastDrawMs = Date.now();
    const { status } = execution;
    const tasks = lines
      .all()
      .map(
        (line) =>
          `${"  ".repeat(1 + line.depth)}${glyphs[line.moment] ?? colors.cyan("●")} ${line.name}  ${colors.dim([line.endedMs === undefined ? "running" : line.moment === "completed" ? "" : line.moment, detail(line)].filter((part) => part !== "").join(" "))}`,
      );
    const room = Math.max(3, terminal.rows - 5);
    const shown =
      tasks.length <= room
        ? tasks
        : [colors.dim(`  ${tasks.length - room} more above`), ...tasks.slice(tasks.length - room)];
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
    update(execution, entries) {
      for (const entry of entries) lines.take(entry);
      pending = execution;
      const waitMs = REDRAW_MS - (Date.now() - lastDrawMs);
      if (waitMs <= 0) draw(execution);
      else
        timer ??= setTimeout(() => {
          timer = undefined;
          if (pending !== undefined) draw(pending);
        }, waitMs);
    },
    close() {
      clearTimeout(timer);
      if (pending !== undefined) draw(pending);
    },
  };
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
