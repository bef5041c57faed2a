import { ApiError } from "../../errors/api-error.ts";
import type { Call } from "../call.ts";

/** Longest timeout a timer of Node can hold; beyond it there is none. */
const TIMER_MAX_MS = 0x7f_ff_ff_ff;

/** What a caller is told whose deadline has passed. */
export function deadlineExceeded(): ApiError {
  return new ApiError("DEADLINE_EXCEEDED", "Cannot finish the call: the deadline of the caller has passed");
}

/** Whether the caller's deadline has passed. */
export function isLate({ deadlineMs }: Call): boolean {
  return deadlineMs !== undefined && deadlineMs <= performance.now();
}

/** Answers with DEADLINE_EXCEEDED when the caller's deadline passes before the handler is done, and aborts the handler's signal. */
export async function withDeadline<T>(call: Call, pending: Promise<T>): Promise<T> {
  if (call.deadlineMs === undefined) return pending;
  const leftMs = call.deadlineMs - performance.now();
  if (leftMs > TIMER_MAX_MS) return pending;
  let reject: (error: ApiError) => void = () => undefined;
  const expiry = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  const timer = setTimeout(
    () => {
      const error = deadlineExceeded();
      reject(error);
      call.abort(error);
    },
    Math.max(0, leftMs),
  );
  try {
    return await Promise.race([pending, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads `grpc-timeout` (`30S`, `250m` ...) in milliseconds; undefined when there is none, NaN when it is not one. */
export function grpcTimeoutMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const match = /^(\d{1,8})([HMSmun])$/u.exec(value);
  return match === null ? Number.NaN : Number(match[1]) * (unitMs[match[2] as string] as number);
}

/** Reads `connect-timeout-ms`; undefined when there is none, NaN when it is not one. */
export function connectTimeoutMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^\d{1,10}$/u.test(value) ? Number(value) : Number.NaN;
}

const unitMs: { readonly [unit: string]: number } = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };
