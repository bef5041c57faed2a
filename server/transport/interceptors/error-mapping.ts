import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@stigmer/api/gen/google/rpc/error_details_pb.ts";

import { ApiError } from "../../errors/api-error.ts";
import type { ErrorCode, ErrorReason } from "../../errors/catalogue.ts";
import { StoreDamaged } from "../../store/ports.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Call } from "../call.ts";

const codes: { readonly [C in ErrorCode]: Code } = {
  ABORTED: Code.Aborted,
  ALREADY_EXISTS: Code.AlreadyExists,
  CANCELLED: Code.Canceled,
  DATA_LOSS: Code.DataLoss,
  DEADLINE_EXCEEDED: Code.DeadlineExceeded,
  FAILED_PRECONDITION: Code.FailedPrecondition,
  INTERNAL: Code.Internal,
  INVALID_ARGUMENT: Code.InvalidArgument,
  NOT_FOUND: Code.NotFound,
  OUT_OF_RANGE: Code.OutOfRange,
  PERMISSION_DENIED: Code.PermissionDenied,
  RESOURCE_EXHAUSTED: Code.ResourceExhausted,
  UNAUTHENTICATED: Code.Unauthenticated,
  UNAVAILABLE: Code.Unavailable,
  UNIMPLEMENTED: Code.Unimplemented,
};

/** What connect-node itself refuses, as a reason of ours. */
const reasons: ReadonlyMap<Code, ErrorReason> = new Map<Code, ErrorReason>([
  [Code.InvalidArgument, "REQUEST_MALFORMED"],
  [Code.ResourceExhausted, "REQUEST_TOO_LARGE"],
  [Code.DeadlineExceeded, "DEADLINE_EXCEEDED"],
  [Code.Canceled, "CALL_CANCELLED"],
  [Code.Unimplemented, "METHOD_NOT_FOUND"],
  [Code.Aborted, "CALL_CANCELLED"],
]);

/**
 * What a caller is told of an error. Errors for callers pass as they are. Everything else is our fault: it becomes INTERNAL with the id of the call and is logged with all there is, because a stack
 * trace helps nobody outside and may tell too much.
 */
export function failureOf(error: unknown, call: Call, logger: Logger): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof ConnectError) {
    if (error.cause instanceof ApiError) return error.cause;
    const reason = reasons.get(error.code);
    if (reason !== undefined) return new ApiError(reason, error.rawMessage, { cause: error });
  }
  if (error instanceof StoreDamaged) {
    logger.error("Stored data is damaged", { requestId: call.requestId, err: error });
    return damaged(error);
  }
  if (isAbort(error)) {
    const why: unknown = call.signal.reason;
    return why instanceof ApiError
      ? why
      : new ApiError("CALL_CANCELLED", "Cannot finish the call: the caller has gone", { cause: error });
  }
  logger.error("Call failed", {
    rpc: `${call.method.parent.typeName}/${call.method.name}`,
    requestId: call.requestId,
    err: error,
  });
  return new ApiError(
    "INTERNAL",
    `Cannot finish the call: the server failed, its log has more under "${call.requestId}"`,
    { cause: error, metadata: { requestId: call.requestId } },
  );
}

/** What a caller is told of a damaged database: that it is, and what an operator has to do. */
export function damaged(error: StoreDamaged): ApiError {
  return new ApiError("DATA_CORRUPT", error.message, { cause: error });
}

/** The error in the form of the protocols, with details in the standard form. */
export function toConnectError(error: ApiError): ConnectError {
  const details = [
    detail(ErrorInfoSchema, { reason: error.reason, domain: "stigmer.ai", metadata: { ...error.metadata } }),
  ];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.map(({ field, description, reason }) => ({
      field,
      description,
      reason: reason ?? "",
    }));
    details.push(detail(BadRequestSchema, { fieldViolations }));
  }
  if (error.retryAfterMs !== undefined) {
    const seconds = Math.floor(error.retryAfterMs / 1000);
    const nanos = Math.round((error.retryAfterMs - seconds * 1000) * 1e6);
    details.push(detail(RetryInfoSchema, { retryDelay: { seconds: BigInt(seconds), nanos } }));
  }
  return new ConnectError(error.message, codes[error.code], undefined, details, error);
}

function detail<D extends DescMessage>(
  desc: D,
  value: MessageInitShape<D>,
): { desc: DescMessage; value: MessageInitShape<DescMessage> } {
  return { desc, value: create(desc, value) };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}
