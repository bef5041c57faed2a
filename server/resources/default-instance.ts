import { create } from "@bufbuild/protobuf";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import {
  type ApiResourceMetadata,
  ApiResourceMetadataSchema,
} from "@stigmer/api/gen/ai/stigmer/commons/apiresource/metadata_pb.ts";

const SUFFIX = "-default";

/** Longest slug of an instance: that of its workflow or agent with the suffix of the default one. */
export const INSTANCE_SLUG_LENGTH_MAX = 63 + SUFFIX.length;

/** What the contract has every default instance say of itself. */
export const DEFAULT_INSTANCE_DESCRIPTION = "Default instance (auto-created, no custom configuration)";

/** Metadata of a default instance: `<name>-default`, the parent's scope, and its organization when the scope is that. */
export function defaultInstanceMetadata(parent: ApiResourceMetadata): ApiResourceMetadata {
  const { name, slug, org, ownerScope } = parent;
  return create(ApiResourceMetadataSchema, {
    name: `${name === "" ? slug : name}${SUFFIX}`,
    slug: `${slug}${SUFFIX}`,
    org: ownerScope === ApiResourceOwnerScope.organization ? org : "",
    ownerScope,
  });
}
