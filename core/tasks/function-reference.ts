import type { Endpoint } from "../dsl/model.ts";
import { joinUriReference, splitUriReference } from "../lib/uri-reference.ts";
import { ProgramError } from "./program-error.ts";

/*
 * How `call` names functions (specification, sections Catalogs and Custom and Non-Standard Interactions): by a name in `use.functions`, as `name:version@catalog`, or by a URL. Pages of GitHub
 * and GitLab stand for the raw documents behind them.
 */

/** What a `call` that names no protocol refers to. */
export type FunctionReference =
  | { readonly type: "named"; readonly name: string }
  | { readonly type: "catalog"; readonly name: string; readonly version: string; readonly catalog: string }
  | { readonly type: "url"; readonly url: string };

/** Reads the reference. */
export function parseFunctionReference(call: string, pointer: string): FunctionReference {
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(call)) return { type: "url", url: call };
  const cataloged = /^([^:@]+):([^:@]+)@([^:@]+)$/u.exec(call);
  if (cataloged !== null) {
    const [, name, version, catalog] = cataloged as unknown as [string, string, string, string];
    return { type: "catalog", name, version, catalog };
  }
  if (call.includes("@") || call.includes("/")) {
    throw new ProgramError(
      `Cannot call "${call}": it is neither a name in "use.functions", a URL nor <name>:<version>@<catalog>`,
      pointer,
    );
  }
  return { type: "named", name: call };
}

/** Where the document of a catalog's function is: `<endpoint>/functions/<name>/<version>/function.yaml`. */
export function catalogFunctionUrl(catalog: Endpoint, name: string, version: string): string {
  const root = typeof catalog === "string" ? catalog : catalog.uri;
  const segments = ["functions", name, version, "function.yaml"].map(encodeURIComponent).join("/");
  return rawUrl(`${root.replace(/\/+$/u, "")}/${segments}`);
}

/** Where the document behind a function's URL is: pages of code hosts become raw documents, a folder its `function.yaml`, `@ref` at the end of a page the branch or tag. */
export function functionUrl(url: string): string {
  const { scheme, authority, path, query, fragment } = splitUriReference(url);
  if (!isCodeHost(authority)) return url;
  const reference = /@([^/@]+)$/u.exec(path);
  const folder = reference === null ? path : path.slice(0, reference.index);
  const document = /\.(?:ya?ml|json)$/iu.test(folder) ? folder : `${folder.replace(/\/+$/u, "")}/function.yaml`;
  return rawUrl(joinUriReference({ scheme, authority, path: document, query, fragment }), reference?.[1]);
}

function isCodeHost(authority: string | undefined): boolean {
  return authority === "github.com" || authority === "www.github.com" || authority === "gitlab.com";
}

/** The raw document behind a page of GitHub or GitLab; other URLs as they are. */
function rawUrl(url: string, ref?: string): string {
  const { scheme, authority, path, query, fragment } = splitUriReference(url);
  if (!isCodeHost(authority)) return url;
  const segments = path.split("/").filter((segment) => segment !== "");
  const raw = authority === "gitlab.com" ? gitlabPath(segments, ref) : githubPath(segments, ref);
  if (raw === undefined) return url;
  const host = authority === "gitlab.com" ? authority : "raw.githubusercontent.com";
  return joinUriReference({ scheme, authority: host, path: `/${raw.join("/")}`, query, fragment });
}

function githubPath(
  [owner, repository, kind, ...rest]: readonly string[],
  ref: string | undefined,
): readonly string[] | undefined {
  if (owner === undefined || repository === undefined || kind === undefined) return undefined;
  if (kind === "tree" || kind === "blob" || kind === "raw") {
    const [branch, ...file] = rest;
    return branch === undefined ? undefined : [owner, repository, "refs/heads", branch, ...file];
  }
  return ref === undefined
    ? [owner, repository, "refs/heads/main", kind, ...rest]
    : [owner, repository, ref, kind, ...rest];
}

function gitlabPath(segments: readonly string[], ref: string | undefined): readonly string[] | undefined {
  const dash = segments.indexOf("-");
  if (dash < 0) {
    const [owner, project, ...file] = segments;
    return owner === undefined || project === undefined
      ? undefined
      : [owner, project, "-", "raw", ref ?? "main", ...file];
  }
  const [kind, ...rest] = segments.slice(dash + 1);
  return kind === "tree" || kind === "blob" || kind === "raw"
    ? [...segments.slice(0, dash), "-", "raw", ...rest]
    : undefined;
}
