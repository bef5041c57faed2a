import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { type Fault, RunPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import { addDuration, parseDuration } from "@stigmer/core/lib/duration.ts";
import type { Connection } from "./connection.ts";
import { CliError, exit } from "./exit.ts";
import { phaseWord } from "./kinds.ts";
import { duration } from "./output/age.ts";
import { progress } from "./output/progress.ts";
import type { Terminal } from "./output/terminal.ts";
import { jsonOfValue } from "./proto-value.ts";
import type { WaitCondition } from "./wait-condition.ts";
import { watchRun } from "./watch-run.ts";

/** How a run is followed. */
export interface FollowOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly title: string;
  readonly timeoutText?: string;
  /** Print nothing but the result. */
  readonly quiet?: boolean;
  /** What to wait for, if not the end. */
  readonly until?: WaitCondition;
}

/** Milliseconds of `30s`, `5m`, `1h` or an ISO 8601 duration. */
export function waitMs(text: string): number {
  const short = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/u.exec(text);
  if (short !== null)
    return Number(short[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[short[2] as "ms" | "s" | "m" | "h"];
  const parsed = parseDuration(text);
  if (parsed.duration === undefined)
    throw new CliError(exit.usage, `Cannot wait for "${text}": it should be a duration such as 30s, 5m or PT1H`);
  return addDuration(0, parsed.duration);
}

/** Watches an execution to its end, shows its progress, prints its result on standard output and resolves to the exit status. */
export async function follow(server: Connection, id: string, options: FollowOptions): Promise<number> {
  const { terminal, signal } = options;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  let timedOut = false;
  const timer =
    options.timeoutText === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stop.abort();
        }, waitMs(options.timeoutText));
  const view = options.quiet === true ? undefined : progress(terminal, options.title, id);
  let last: WorkflowExecution | undefined;
  let met = false;
  try {
    last = await watchRun(server, id, stop.signal, (execution, entries) => {
      last = execution;
      view?.update(execution, entries);
      if (met || options.until?.holds(execution, entries) !== true) return;
      met = true;
      stop.abort();
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    view?.close();
  }
  if (met) return exit.ok;
  if (timedOut)
    throw new CliError(
      exit.timeout,
      `Cannot wait longer for execution ${id}: it is still ${phaseWord(last?.status?.runPhase ?? RunPhase.RUNNING)} after ${options.timeoutText ?? ""}`,
      `follow it with \`stigmer wait ${id}\``,
    );
  if (signal.aborted) return exit.interrupted;
  const execution = last ?? (await server.client.workflowExecution.query.get({ value: id }));
  if (options.until !== undefined) {
    const phase = phaseWord(execution.status?.runPhase ?? 0);
    throw new CliError(exit.failed, `Cannot wait for ${options.until.words}: execution ${id} has ended (${phase})`);
  }
  return conclude(terminal, id, execution);
}

function conclude(terminal: Terminal, id: string, execution: WorkflowExecution): number {
  const { status } = execution;
  const phase = status?.runPhase ?? RunPhase.UNSPECIFIED;
  if (phase === RunPhase.COMPLETED) {
    terminal.out(`${JSON.stringify(jsonOfValue(status?.result), null, 2)}\n`);
    return exit.ok;
  }
  terminal.say(
    `${terminal.colors.red("error:")} execution ${id} is ${phaseWord(phase)}${status?.error ? `: ${status.error}` : ""}`,
  );
  if (status?.fault !== undefined) terminal.say(faultText(status.fault));
  if (phase === RunPhase.FAULTED)
    terminal.say(
      `${terminal.colors.cyan("help:")} see \`stigmer describe execution ${id}\`; run it again from the faulted task with \`stigmer retry ${id}\``,
    );
  return exit.failed;
}

/** A fault in lines for people. */
export function faultText(fault: Fault): string {
  const place =
    fault.position === undefined || fault.position.line === 0
      ? fault.instance
      : `${fault.instance} (line ${fault.position.line}, column ${fault.position.column})`;
  return [
    `  ${fault.status} ${fault.title}`,
    fault.detail === "" ? "" : `  ${fault.detail}`,
    place === "" ? "" : `  at ${place}`,
    `  ${fault.type}`,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** How long an execution took, in words. */
export function tookText(execution: WorkflowExecution): string {
  const { status } = execution;
  if (status === undefined || status.startedAt === "" || status.completedAt === "") return "";
  return duration(Date.parse(status.completedAt) - Date.parse(status.startedAt));
}
