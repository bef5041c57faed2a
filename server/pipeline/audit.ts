import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ApiResourceAudit,
  type ApiResourceAuditInfo,
  ApiResourceAuditActorSchema,
  ApiResourceAuditInfoSchema,
  ApiResourceAuditSchema,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";

/** Audit of a new resource: spec and status both created and updated now, by the same actor. */
export function createdAudit(actor: string, nowMs: number): ApiResourceAudit {
  return create(ApiResourceAuditSchema, {
    specAudit: auditInfo(actor, nowMs, "created"),
    statusAudit: auditInfo(actor, nowMs, "created"),
  });
}

/** Audit after an update: who created the spec and when stays, all else is the update's. */
export function updatedAudit(before: ApiResourceAudit | undefined, actor: string, nowMs: number): ApiResourceAudit {
  const specAudit = auditInfo(actor, nowMs, "updated");
  const first = before?.specAudit;
  if (first?.createdBy !== undefined) specAudit.createdBy = first.createdBy;
  if (first?.createdAt !== undefined) specAudit.createdAt = first.createdAt;
  return create(ApiResourceAuditSchema, { specAudit, statusAudit: auditInfo(actor, nowMs, "updated") });
}

function auditInfo(actor: string, nowMs: number, event: string): ApiResourceAuditInfo {
  return create(ApiResourceAuditInfoSchema, {
    createdBy: create(ApiResourceAuditActorSchema, { id: actor }),
    updatedBy: create(ApiResourceAuditActorSchema, { id: actor }),
    createdAt: timestampFromMs(nowMs),
    updatedAt: timestampFromMs(nowMs),
    event,
  });
}
