import { clone } from "@bufbuild/protobuf";
import { invalidField } from "../refusal.ts";
import type { ResourceKind, ResourceMessage } from "../resource-kind.ts";
import { slugFault, slugOfName } from "../slug.ts";
import { type Step, step } from "../step.ts";
import { metadataOf } from "../stored-resource.ts";

const ORG_LENGTH_MAX = 256;

/** Takes the caller's slug, checked, or makes one of the name; adds a copy of the request that has it as `draft`. */
export function resolveSlug<R extends ResourceMessage>(
  kind: ResourceKind<R>,
): Step<{ readonly valid: R }, { readonly draft: R; readonly slug: string; readonly org: string }> {
  return step("ResolveSlug", ["INVALID_ARGUMENT"], ({ valid }) => {
    const draft = clone(kind.schema, valid) as R;
    const metadata = metadataOf(draft);
    metadata.slug = slugOf(metadata.slug, metadata.name, kind.slugLengthMax);
    checkOrg(metadata.org);
    return { draft, slug: metadata.slug, org: metadata.org };
  });
}

/** The slug a resource with this slug and name gets. Throws INVALID_ARGUMENT when there is none. */
export function slugOf(given: string, name: string, lengthMax: number): string {
  if (given !== "") {
    const fault = slugFault(given, lengthMax);
    if (fault !== undefined) throw invalidField("metadata.slug", `"${shortened(given)}" ${fault}`, "NAME_INVALID");
    return given;
  }
  if (name === "")
    throw invalidField(
      "metadata.name",
      "is empty, and there is no metadata.slug: one of them is needed to find the resource by",
      "NAME_INVALID",
    );
  const slug = slugOfName(name);
  const fault =
    slug === "" ? "has no letter a-z or digit to make a slug of, give a metadata.slug too" : slugFault(slug, lengthMax);
  if (fault !== undefined) throw invalidField("metadata.name", `"${shortened(name)}" ${fault}`, "NAME_INVALID");
  return slug;
}

function checkOrg(org: string): void {
  if (org.length > ORG_LENGTH_MAX)
    throw invalidField("metadata.org", `has ${org.length} characters, should have at most ${ORG_LENGTH_MAX}`);
  if (/\p{Cc}|\p{Cs}/u.test(org))
    throw invalidField("metadata.org", "has control characters, should be the slug of an organization");
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
