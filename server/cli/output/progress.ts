import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { RunPhase, type Waiting } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { TraceEntry } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { TaskLines, type TaskLine, detail, fitting } from "./task-lines.ts";
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

function plainView(terminal: Terminal, title: string, id: string): ProgressView {
  const lines = new TaskLines();
  let phase: RunPhase | undefined;
  let said = "";
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
      if (status === undefined) return;
      const reasons = waitingWords(status.waiting, 5).join("; ");
      // That a run waits is said once it is known for what.
      if (status.runPhase === RunPhase.WAITING && (reasons === "" || reasons === said)) return;
      if (status.runPhase === phase && status.runPhase !== RunPhase.WAITING) return;
      phase = status.runPhase;
      said = reasons;
      terminal.say(`run ${runWord(phase)}${reasons === "" ? "" : `: ${reasons}`}`);
    },
    close() {},
  };
}

/** What a run waits for, in words: the first reasons, each with when its time is over, and how many more there are. */
function waitingWords(waiting: readonly Waiting[], most: number): readonly string[] {
  const words = waiting.slice(0, most).map(({ taskName, reason }) => `${reason} (${taskName})`);
  return waiting.length > most ? [...words, `${waiting.length - most} more`] : words;
}

function stateWord({ moment }: TaskLine): string {
  return moment === "retried" ? "waits for its next attempt" : moment === "suspended" ? "suspended" : "running";
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
    const row = (line: TaskLine): string => {
      const words = [
        line.endedMs === undefined ? stateWord(line) : line.moment === "completed" ? "" : line.moment,
        detail(line),
      ];
      const glyph = glyphs[line.endedMs === undefined && line.moment === "started" ? "running" : line.moment];
      return `${"  ".repeat(1 + line.depth)}${glyph ?? colors.cyan("●")} ${line.name}  ${colors.dim(words.filter((part) => part !== "").join("  "))}`;
    };
    const waiting = waitingWords(status?.waiting ?? [], 3).map((words) => colors.dim(`  waits for ${words}`));
    const room = Math.max(3, terminal.rows - 2 - waiting.length);
    const shown = fitting(lines.all(), room).map((one) =>
      "line" in one ? row(one.line) : colors.dim(`  … ${one.hidden} more`),
    );
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
