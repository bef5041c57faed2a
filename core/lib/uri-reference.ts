/** The five parts of a URI reference (RFC 3986 appendix B); absent parts are undefined, the path is always there. */
export interface UriReference {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

const REFERENCE = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/su;

/** Splits a URI reference; every text can be split, whether it is a valid reference is another question (`uriReferenceProblem`). */
export function splitUriReference(text: string): UriReference {
  const [, scheme, authority, path, query, fragment] = REFERENCE.exec(text) ?? [];
  return { scheme, authority, path: path ?? "", query, fragment };
}

/** Puts the parts together again. */
export function joinUriReference({ scheme, authority, path, query, fragment }: UriReference): string {
  const parts = [
    scheme === undefined ? "" : `${scheme}:`,
    authority === undefined ? "" : `//${authority}`,
    path,
    query === undefined ? "" : `?${query}`,
    fragment === undefined ? "" : `#${fragment}`,
  ];
  return parts.join("");
}

/** Resolves a reference against a base (RFC 3986 section 5.2); without a base it stays as it is. */
export function resolveUriReference(base: string, reference: string): string {
  const to = splitUriReference(reference);
  const from = splitUriReference(base);
  if (base === "" || to.scheme !== undefined) return joinUriReference({ ...to, path: withoutDots(to.path) });
  if (to.authority !== undefined) return joinUriReference({ ...to, scheme: from.scheme, path: withoutDots(to.path) });
  const rooted = { ...to, scheme: from.scheme, authority: from.authority };
  if (to.path === "") return joinUriReference({ ...rooted, path: from.path, query: to.query ?? from.query });
  if (to.path.startsWith("/")) return joinUriReference({ ...rooted, path: withoutDots(to.path) });
  const directory =
    from.authority !== undefined && from.path === "" ? "/" : from.path.slice(0, from.path.lastIndexOf("/") + 1);
  return joinUriReference({ ...rooted, path: withoutDots(directory + to.path) });
}

/** What makes a text no URI reference, as the end of a sentence; undefined where nothing does. */
export function uriReferenceProblem(text: string): string | undefined {
  const bad = /[^\w\-.~:/?#[\]@!$&'()*+,;=%]/u.exec(text);
  if (bad !== null)
    return bad[0].trim() === "" ? "it holds white space" : `it holds the character ${JSON.stringify(bad[0])}`;
  if (/%(?![0-9a-f]{2})/iu.test(text)) return 'it holds a "%" that is no percent-encoding';
  const { scheme, authority, path, fragment } = splitUriReference(text);
  if (scheme !== undefined && !/^[a-z][a-z0-9+.-]*$/iu.test(scheme)) return `"${scheme}" is no scheme`;
  if (fragment?.includes("#") === true) return 'it holds two "#"';
  if (authority !== undefined && !isAuthority(authority)) return `"${authority}" is no host`;
  if (/[[\]]/u.test(path)) return "its path holds square brackets";
  return undefined;
}

function isAuthority(authority: string): boolean {
  return /^(?:[^@[\]]*@)?(?:\[[0-9a-fv:.]+\]|[^:@[\]]*)(?::\d*)?$/iu.test(authority);
}

/** Removes `.` and `..` segments (RFC 3986 section 5.2.4). */
function withoutDots(path: string): string {
  if (!path.includes(".")) return path;
  const output: string[] = [];
  const segments = path.split("/");
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") {
      if (output.length > 1 || (output.length === 1 && output[0] !== "")) output.pop();
      if (isLast) output.push("");
    } else if (segment === ".") {
      if (isLast) output.push("");
    } else {
      output.push(segment);
    }
  }
  return output.join("/");
}
