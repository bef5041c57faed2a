import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ApiResourceMetadataSchema,
  type ApiResourceMetadata,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/metadata_pb.ts";
import type { ResourceRow } from "../store/ports.ts";
import type { ResourceKind, ResourceMessage } from "./resource-kind.ts";

/** A resource as the store has it, decoded; `resource` is the reader's own copy, with secrets still sealed. */
export interface StoredResource<R extends ResourceMessage> {
  readonly row: ResourceRow;
  readonly resource: R;
}

/** Decodes a row. `metadata.resource_version` comes from the row, which is where it grows. */
export function decodeRow<R extends ResourceMessage>(kind: ResourceKind<R>, row: ResourceRow): StoredResource<R> {
  const resource = fromBinary(kind.schema, row.data) as R;
  metadataOf(resource).resourceVersion = BigInt(row.version);
  return { row, resource };
}

/** A row as callers see it. */
export function presentRow<R extends ResourceMessage>(kind: ResourceKind<R>, row: ResourceRow): R {
  return kind.present(decodeRow(kind, row).resource);
}

/** The row of a resource; sets `metadata.resource_version` on it. */
export function encodeRow<R extends ResourceMessage>(
  kind: ResourceKind<R>,
  resource: R,
  times: { readonly version: number; readonly createdAt: number; readonly updatedAt: number },
): ResourceRow {
  const metadata = metadataOf(resource);
  metadata.resourceVersion = BigInt(times.version);
  const parent = kind.parentOf(resource);
  const lookup = kind.lookupOf(resource);
  return {
    kind: kind.key,
    id: metadata.id,
    org: metadata.org,
    slug: metadata.slug,
    scope: metadata.ownerScope,
    ...(parent === undefined ? {} : { parent }),
    ...(lookup === undefined ? {} : { lookup }),
    ...times,
    labels: metadata.labels,
    data: toBinary(kind.schema, resource),
  };
}

/** Metadata of a resource, made where there is none: rows always have one, requests mostly. */
export function metadataOf(resource: ResourceMessage): ApiResourceMetadata {
  resource.metadata ??= create(ApiResourceMetadataSchema);
  return resource.metadata;
}
