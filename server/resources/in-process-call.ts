import { Code, ConnectError, createContextValues, type CallOptions } from "@connectrpc/connect";
import { ApiError } from "../errors/api-error.ts";
import { DRY_RUN_HEADER, FORCE_HEADER } from "../pipeline/call-context.ts";
import { parentSpanKey, spanKey } from "../pipeline/pipeline-telemetry.ts";
import type { StepScope } from "../pipeline/step.ts";
import { unitOfWorkKey } from "../pipeline/unit-of-work.ts";

/** Options of a call to another kind that takes part in this request: it reads and writes through the same unit of work, and this request commits. */
export function withinUnit({ call, unit }: Pick<StepScope, "call" | "unit">): CallOptions {
  const headers: [string, string][] = [];
  for (const name of [DRY_RUN_HEADER, FORCE_HEADER]) {
    const value = call.headerValue(name);
    if (value !== undefined) headers.push([name, value]);
  }
  const contextValues = createContextValues().set(unitOfWorkKey, unit).set(parentSpanKey, call.values.get(spanKey));
  return { contextValues, signal: call.signal, ...(headers.length === 0 ? {} : { headers }) };
}

/** Tells whether a call to another kind was refused because the resource is not there. */
export function isNotFound(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === "NOT_FOUND";
  return error instanceof ConnectError && error.code === Code.NotFound;
}
