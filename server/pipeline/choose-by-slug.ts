import { ApiError } from "../errors/api-error.ts";
import { notFound } from "./refusal.ts";
import type { ResourceRow } from "../store/ports.ts";

/** The one match of a slug. Without an organization a slug may name several resources: that is refused with their organizations, never guessed. */
export function chooseBySlug<Row extends Pick<ResourceRow, "id" | "org">>(
  kindName: string,
  slug: string,
  matches: readonly Row[],
): Row {
  const [first] = matches;
  if (first === undefined) throw notFound(kindName, slug);
  if (matches.length === 1) return first;
  const orgs = matches.slice(0, 5).map(({ org }) => `"${org}"`);
  const message = `Cannot choose ${kindName} "${slug}": it exists in ${matches.length} organizations (${orgs.join(", ")}${matches.length > 5 ? ", ..." : ""}), give org`;
  throw new ApiError("REFERENCE_AMBIGUOUS", message, {
    violations: [{ field: "org", description: "is needed to tell these resources apart" }],
  });
}
