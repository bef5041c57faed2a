import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type {
  ApiResourceAudit,
  ApiResourceAuditActor,
  ApiResourceAuditInfo,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";

/*
 * Every write carries an audit, so its messages are written out: `create` takes each field from a description first, which for so many small messages takes longer than all else that is stored of a run.
 */

/** Audit of a new resource: spec and status both created and updated now, by the same actor. */
export function createdAudit(actor: string, nowMs: number): ApiResourceAudit {
  return audit(auditInfo(actor, nowMs, "created"), auditInfo(actor, nowMs, "created"));
}

/** Audit after an update: who created the spec and when stays, all else is the update's. */
export function updatedAudit(before: ApiResourceAudit | undefined, actor: string, nowMs: number): ApiResourceAudit {
  const specAudit = auditInfo(actor, nowMs, "updated");
  const first = before?.specAudit;
  if (first?.createdBy !== undefined) specAudit.createdBy = first.createdBy;
  if (first?.createdAt !== undefined) specAudit.createdAt = first.createdAt;
  return audit(specAudit, auditInfo(actor, nowMs, "updated"));
}

function audit(specAudit: ApiResourceAuditInfo, statusAudit: ApiResourceAuditInfo): ApiResourceAudit {
  return { $typeName: "ai.stigmer.commons.apiresource.ApiResourceAudit", specAudit, statusAudit };
}

function auditInfo(actor: string, nowMs: number, event: string): ApiResourceAuditInfo {
  return {
    $typeName: "ai.stigmer.commons.apiresource.ApiResourceAuditInfo",
    createdBy: auditActor(actor),
    updatedBy: auditActor(actor),
    createdAt: timestampFromMs(nowMs),
    updatedAt: timestampFromMs(nowMs),
    event,
  };
}

function auditActor(id: string): ApiResourceAuditActor {
  return { $typeName: "ai.stigmer.commons.apiresource.ApiResourceAuditActor", id, avatar: "" };
}
