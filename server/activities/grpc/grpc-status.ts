import { status } from "@grpc/grpc-js";
import { type Fault, standardFault } from "@stigmer/core/protocol/fault.ts";

/** HTTP statuses of gRPC codes, as google.rpc.Code documents them; what is not here is 500. */
const HTTP_STATUS: ReadonlyMap<status, number> = new Map([
  [status.CANCELLED, 499],
  [status.INVALID_ARGUMENT, 400],
  [status.NOT_FOUND, 404],
  [status.ALREADY_EXISTS, 409],
  [status.RESOURCE_EXHAUSTED, 429],
  [status.FAILED_PRECONDITION, 400],
  [status.ABORTED, 409],
  [status.OUT_OF_RANGE, 400],
  [status.UNIMPLEMENTED, 501],
  [status.UNAVAILABLE, 503],
]);

/** What a gRPC status means to a workflow: authentication, authorization and timeout have types of their own, everything else is communication. `data` is `{ code, details }`. */
export function grpcFault(code: status, details: string, call: string): Fault {
  const name = status[code] ?? String(code);
  const extra = { data: { code: name, details } };
  const title = `gRPC ${name}`;
  const detail = `${call} answered ${name}${details === "" ? "" : `: ${details}`}`;
  if (code === status.UNAUTHENTICATED) return standardFault("authentication", title, detail, extra);
  if (code === status.PERMISSION_DENIED) return standardFault("authorization", title, detail, extra);
  if (code === status.DEADLINE_EXCEEDED) return standardFault("timeout", title, detail, extra);
  return standardFault("communication", title, detail, { ...extra, status: HTTP_STATUS.get(code) ?? 500 });
}
