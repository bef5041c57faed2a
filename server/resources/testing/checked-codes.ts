import { ApiError } from "../../errors/api-error.ts";
import { CommitRefused } from "../../pipeline/commit-refusal.ts";
import { type DeclaredCodes, GENERAL_CODES } from "../../pipeline/declared-codes.ts";
import type { PipelineTelemetry } from "../../pipeline/step.ts";

/**
 * Telemetry that fails a request which is refused with a code that none of its steps declares, so that every test of the resources checks what the reference of the API says. What a commit refuses has
 * the code of an earlier step, or it is the race that the reference names for all writes.
 */
export function checkedCodes(inner: PipelineTelemetry): {
  readonly telemetry: PipelineTelemetry;
  readonly codes: DeclaredCodes;
} {
  const declared = new Map<string, readonly string[]>();
  const isDeclared = (request: string, code: string): boolean =>
    (GENERAL_CODES as readonly string[]).includes(code) || declared.get(request)?.includes(code) === true;
  return {
    codes: { declare: (request, codes) => void declared.set(request, codes) },
    telemetry: {
      step: (request, name) => {
        const watched = inner.step(request, name);
        return {
          started: (call) => {
            const ended = watched.started(call);
            return (failure) => {
              ended(failure);
              if (!(failure instanceof ApiError) || isDeclared(request, failure.code)) return;
              if (failure instanceof CommitRefused && failure.code === "ABORTED") return;
              throw new Error(`${request}/${name} fails with ${failure.code}, which no step of ${request} declares`);
            };
          },
        };
      },
    },
  };
}
