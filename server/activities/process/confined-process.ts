import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ActivityOptions } from "../activity-options.ts";
import type { CallContext } from "../call-context.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";
import { type SandboxRequest, type SandboxedProcess, sandboxed, unconfined } from "./sandbox.ts";

/** A request whose arguments may name the file of its program, wherever that ends up. */
export interface ConfinedRequest extends Omit<SandboxRequest, "arguments" | "file"> {
  readonly file?: { readonly name: string; readonly content: string };
  readonly stdin: string;
  arguments(file: string): readonly string[];
}

/** Runs a program the way the operator wants processes confined. */
export async function runConfined(
  request: ConfinedRequest,
  { run }: Pick<ActivityOptions, "run">,
  context: CallContext,
): Promise<ProcessResult> {
  const execute = (process: SandboxedProcess): Promise<ProcessResult> =>
    runProcess({
      ...process,
      stdin: request.stdin,
      outputBytesMax: run.limits.outputBytesMax,
      timeoutMs: run.limits.timeoutMs,
      signal: context.signal,
    });
  const { command, environment, readable, limitAddressSpace } = request;
  const at = (file: string): SandboxRequest => ({
    command,
    environment,
    readable,
    limitAddressSpace,
    arguments: request.arguments(file),
  });
  if (run.sandbox === "auto") {
    const file =
      request.file === undefined ? undefined : { path: `/script/${request.file.name}`, content: request.file.content };
    return execute(sandboxed({ ...at(file?.path ?? ""), ...(file === undefined ? {} : { file }) }, run.limits));
  }
  const directory = await mkdtemp(path.join(tmpdir(), "stigmer-run-"));
  try {
    const file = request.file === undefined ? "" : path.join(directory, request.file.name);
    if (request.file !== undefined) await writeFile(file, request.file.content, { mode: 0o600 });
    return await execute(unconfined(at(file), run.limits, directory));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
