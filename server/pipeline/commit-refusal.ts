import { ApiError, type ApiErrorOptions } from "../errors/api-error.ts";
import { CommitConflict, type Conflict, StoreUnavailable, type Write } from "../store/ports.ts";
import { changed, idExists, inUse, notFound, slugExists } from "./refusal.ts";
import { kindNameOf } from "./resource-kind.ts";

const RETRY_AFTER_MS = 250;

/** A commit that a concurrent writer got in the way of, as the caller sees it; `conflict` lets `apply` and `update` look again and go on. */
export class CommitRefused extends ApiError {
  readonly conflict: Conflict;

  constructor(conflict: Conflict, refusal: ApiError) {
    super(refusal.reason, refusal.message, optionsOf(refusal));
    this.conflict = conflict;
  }
}

/** Everything an error says beside reason and text, so that it can be said again. */
export function optionsOf(error: ApiError): ApiErrorOptions {
  const { violations, metadata, retryAfterMs, cause } = error;
  return { violations, metadata, cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Says a failed commit in the words of the API; anything but a conflict or an unavailable store comes back as it is. */
export function commitRefusal(error: unknown): unknown {
  if (error instanceof CommitConflict) return new CommitRefused(error.conflict, conflictRefusal(error.conflict));
  if (!(error instanceof StoreUnavailable)) return error;
  switch (error.reason) {
    case "overloaded":
      return new ApiError("SERVER_OVERLOADED", "Cannot write: too many writes are waiting, try again shortly", {
        retryAfterMs: RETRY_AFTER_MS,
      });
    case "diskFull":
      return new ApiError("DISK_FULL", "Cannot write: the disk of the server is full, reads still work");
    case "closed":
    case "failed":
      return new ApiError(
        "SERVER_NOT_READY",
        "Cannot write: the store of the server is closed, try again when it has restarted",
        { retryAfterMs: RETRY_AFTER_MS },
      );
  }
}

function conflictRefusal(conflict: Conflict): ApiError {
  const { kind, id, slug } = subject(conflict.write);
  switch (conflict.kind) {
    case "idExists":
      return idExists(kind, id);
    case "slugExists":
      return slugExists(kind, slug, conflict.existing ?? "");
    case "missing":
      return notFound(kind, id);
    case "version":
      return changed(
        `Cannot write ${kind} "${id}": it was changed by somebody else in the meantime, read it again and repeat`,
      );
    case "idempotencyKey":
      return new ApiError("IDEMPOTENCY_CONFLICT", "Cannot start a run: its idempotency key is in use", {
        metadata: { id: conflict.existing ?? "" },
      });
    case "activeRuns":
      return inUse(
        `Cannot delete ${kind} "${id}": it has runs that have not ended, cancel them first or delete with force`,
      );
    case "journalGap":
      return changed("Cannot write: the run went on in the meantime, try again");
  }
}

function subject(write: Write): { readonly kind: string; readonly id: string; readonly slug: string } {
  switch (write.op) {
    case "putResource":
      return { kind: kindNameOf(write.row.kind), id: write.row.id, slug: write.row.slug };
    case "deleteResource":
    case "requireResource":
      return { kind: kindNameOf(write.kind), id: write.id, slug: "" };
    case "putRun":
      return { kind: "WorkflowExecution", id: write.row.id, slug: write.row.slug };
    case "requireNoActiveRuns":
      return write.instanceId === undefined
        ? { kind: "Workflow", id: write.workflowId ?? "", slug: "" }
        : { kind: "WorkflowInstance", id: write.instanceId, slug: "" };
    case "putDefinition":
      return { kind: "Workflow", id: write.row.workflowId, slug: "" };
    case "updateRun":
    case "deleteRun":
      return { kind: "WorkflowExecution", id: String(write.run), slug: "" };
    default:
      return { kind: "WorkflowExecution", id: "", slug: "" };
  }
}
