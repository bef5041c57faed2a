import { type DescEnumValue, type Message, getOption } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import {
  type ApiResourceKind,
  ApiResourceKindSchema,
  kind_meta,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import type { ApiResourceMetadata } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/metadata_pb.ts";
import type { ApiResourceAudit } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/status_pb.ts";
import { SLUG_LENGTH_MAX } from "./slug.ts";

/** What every resource of the contract looks like. */
export type ResourceMessage = Message & {
  apiVersion: string;
  kind: string;
  metadata?: ApiResourceMetadata | undefined;
  status?: (Message & { audit?: ApiResourceAudit | undefined }) | undefined;
};

/** All that generic steps need to know of a kind. */
export interface ResourceKind<R extends ResourceMessage> {
  readonly value: ApiResourceKind;
  /** Name of the enum value and of the kind in the store: `workflow_instance`. */
  readonly key: string;
  /** Name in texts: `WorkflowInstance`. */
  readonly name: string;
  readonly idPrefix: string;
  readonly schema: GenMessage<R>;
  readonly slugLengthMax: number;
  emptyStatus(): NonNullable<R["status"]>;
  /** Id of the resource this one belongs to, indexed. */
  parentOf(resource: R): string | undefined;
  /** Second key of lookup, indexed. */
  lookupOf(resource: R): string | undefined;
  /** The resource as callers may see it: secrets redacted. May change its argument, which is the caller's own copy. */
  present(resource: R): R;
}

/** Describes a kind; name, key and id prefix come from the options of its enum value, so that they cannot differ from the contract. */
export function resourceKind<R extends ResourceMessage>(
  value: ApiResourceKind,
  schema: GenMessage<R>,
  emptyStatus: () => NonNullable<R["status"]>,
  own: Partial<Pick<ResourceKind<R>, "slugLengthMax" | "parentOf" | "lookupOf" | "present">> = {},
): ResourceKind<R> {
  const described = ApiResourceKindSchema.value[value] as DescEnumValue;
  const meta = getOption(described, kind_meta);
  return {
    value,
    key: described.name,
    name: meta.name,
    idPrefix: meta.idPrefix,
    schema,
    slugLengthMax: SLUG_LENGTH_MAX,
    emptyStatus,
    parentOf: () => undefined,
    lookupOf: () => undefined,
    present: (resource) => resource,
    ...own,
  };
}

/** Name of a kind in texts (`WorkflowInstance`) by its key (`workflow_instance`). */
export function kindNameOf(key: string): string {
  const described = ApiResourceKindSchema.values.find(({ name }) => name === key);
  return described === undefined ? key : getOption(described, kind_meta).name;
}

/** Name of a kind's enum value, as texts of the contract quote it (`workflow`); the number for a value we do not know. */
export function kindKeyOf(value: ApiResourceKind): string {
  return ApiResourceKindSchema.value[value]?.name ?? String(value);
}
