import { type Json, type JsonObject, getKey } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import { configurationFault, invalidArgument, scalarText, textMap, wordOr } from "../activity-arguments.ts";
import type { ActivityOptions, RunPermission } from "../activity-options.ts";
import type { ProcessResult } from "./run-process.ts";
import { sandboxProblem } from "./sandbox.ts";

/** What a process gives back (specification, section Run, `return`). */
export type ProcessReturn = "stdout" | "stderr" | "code" | "all" | "none";

/** Bytes of output kept in the fault of a process that failed. */
const FAULT_OUTPUT_MAX = 8 * 1024;

/** Refuses what the operator did not allow, or what cannot be confined here, with the reason. */
export function requirePermission(permission: RunPermission, { run }: Pick<ActivityOptions, "run">): void {
  if (!run.allow.includes(permission)) {
    throw configurationFault(
      "Not allowed on this server",
      `Cannot start a ${permission}: this server does not allow it, its operator can (--allow-run=${permission})`,
    );
  }
  // Containers are confined by their engine; an MCP server over stdio is a program the operator trusts by allowing it.
  const problem = permission === "script" || permission === "shell" ? sandboxProblem(run) : undefined;
  if (problem !== undefined) throw configurationFault("No sandbox", `Cannot start a ${permission}: ${problem}`);
}

/** Environment variables; names must be names, values must not end early. */
export function environmentOf(input: JsonObject): Record<string, string> {
  const environment = textMap(input, "environment");
  for (const [name, value] of Object.entries(environment)) {
    if (!/^[A-Za-z_]\w*$/u.test(name))
      throw invalidArgument("environment", name, "names of letters, digits and underscores");
    if (value.includes("\0")) throw invalidArgument(`environment.${name}`, value, "a text without NUL");
  }
  return { ...environment };
}

/** Standard input as text; anything but a text is its JSON. */
export function stdinOf(input: JsonObject): string {
  const value = getKey(input, "stdin");
  return value === undefined || value === null ? "" : scalarText(value);
}

/** What to return; `stdout` by default. */
export function returnOf(input: JsonObject): ProcessReturn {
  return wordOr(input, "return", ["stdout", "stderr", "code", "all", "none"], "stdout");
}

/** The output of a run task. An exit code other than 0 is a runtime fault, unless the workflow asked to see it (`code`, `all`). */
export function processOutput(result: ProcessResult, wanted: ProcessReturn): Json {
  if (result.code !== 0 && wanted !== "code" && wanted !== "all") {
    const lines = result.stderr.trim().split("\n");
    // The line that names the error, which interpreters print amid their traces; otherwise the last word.
    const said = (
      lines.findLast((line) => /^(?:\w+\.)*\w*(?:Error|Exception)\b/u.test(line)) ??
      lines.at(-1) ??
      ""
    ).slice(0, 500);
    throw new ActivityFault(
      standardFault(
        "runtime",
        "Process failed",
        `The process ended with exit code ${result.code}${said === "" ? "" : `: ${said}`}`,
        {
          data: {
            code: result.code,
            stdout: result.stdout.slice(-FAULT_OUTPUT_MAX),
            stderr: result.stderr.slice(-FAULT_OUTPUT_MAX),
          },
        },
      ),
    );
  }
  switch (wanted) {
    case "stdout":
      return result.stdout;
    case "stderr":
      return result.stderr;
    case "code":
      return result.code;
    case "all":
      return { code: result.code, stdout: result.stdout, stderr: result.stderr };
    case "none":
      return null;
  }
}
