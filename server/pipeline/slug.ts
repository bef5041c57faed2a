/** Longest slug a caller may choose, in characters: a DNS label. */
export const SLUG_LENGTH_MAX = 63;

const SLUG = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;

/**
 * The slug of a name: lowercase, accents dropped, and every run of other characters than letters a-z and digits becomes one `-`, so that `my_flow.v2` stays readable as `my-flow-v2`
 * (the rule of the published SDK; the published server would have made `myflowv2`). Empty when nothing is left, as of a name in another script.
 */
export function slugOfName(name: string): string {
  const plain = name
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "");
  return plain.replace(/[^a-z0-9]+/gu, "-").replace(/^-|-$/gu, "");
}

/** Why a text cannot be a slug, as a sentence part; undefined when it can. */
export function slugFault(slug: string, lengthMax = SLUG_LENGTH_MAX): string | undefined {
  if (slug.length > lengthMax) return `has ${slug.length} characters, should have at most ${lengthMax}`;
  if (!SLUG.test(slug)) return "should be lowercase letters, digits and single hyphens between them";
  return undefined;
}
