import { ApiError } from "../errors/api-error.ts";
import { InvalidCursor, type ResourceRow } from "../store/ports.ts";
import { invalidField } from "../pipeline/refusal.ts";
import { decodeRow, metadataOf } from "../pipeline/stored-resource.ts";
import type { ResourceKind, ResourceMessage } from "../pipeline/resource-kind.ts";
import type { PipelineEnvironment } from "../pipeline/step.ts";

export const PAGE_SIZE_DEFAULT = 50;
export const PAGE_SIZE_MAX = 500;
const SCANNED_MAX = 2_000;
/** Page numbers walk the list; beyond this many resources a list with tokens is the way. */
const NUMBERED_MAX = 100_000;

/** What lists of our own services have in common. */
export interface ListRequest {
  readonly org: string;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly labels: { readonly [key: string]: string };
  readonly query: string;
}

/** A page of resources as callers see them. */
export interface ResourcePage<R> {
  readonly resources: readonly R[];
  readonly nextPageToken: string;
}

/**
 * A page, newest first. With `query` only resources whose name, slug or description has all its words; no index answers that, so a request looks at 2,000 resources at most and may give
 * a short page with a token to go on with.
 */
export async function pageOfResources<R extends ResourceMessage>(
  { store }: PipelineEnvironment,
  kind: ResourceKind<R>,
  request: ListRequest,
  parent?: string,
): Promise<ResourcePage<R>> {
  const size = request.pageSize === 0 ? PAGE_SIZE_DEFAULT : Math.min(request.pageSize, PAGE_SIZE_MAX);
  const words = request.query
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const resources: R[] = [];
  let cursor = request.pageToken === "" ? undefined : request.pageToken;
  let scanned = 0;
  do {
    const page = await pageOrRefusal(() =>
      store.resources.list({
        kind: kind.key,
        limit: size - resources.length,
        ...(request.org === "" ? {} : { org: request.org }),
        ...(parent === undefined ? {} : { parent }),
        ...(Object.keys(request.labels).length === 0 ? {} : { labels: request.labels }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    scanned += page.rows.length;
    for (const row of page.rows) {
      const { resource } = decodeRow(kind, row);
      if (matches(resource, words)) resources.push(kind.present(resource));
    }
    cursor = page.next;
  } while (cursor !== undefined && resources.length < size && scanned < SCANNED_MAX);
  return { resources, nextPageToken: cursor ?? "" };
}

/** A numbered page of a parent's resources, newest first, as the published lists have it. Numbers count from 1. */
export async function numberedPage(
  { store, counts }: PipelineEnvironment,
  kind: string,
  parent: string,
  info: { readonly num: number; readonly size: number } | undefined,
): Promise<{ readonly rows: readonly ResourceRow[]; readonly totalCount: number; readonly totalPages: number }> {
  const { num = 0, size: wanted = 0 } = info ?? {};
  if (num < 0) throw invalidField("page_info.num", "is negative, should be the number of a page, counted from 1");
  if (wanted < 0) throw invalidField("page_info.size", "is negative, should be how many resources a page has");
  const size = wanted === 0 ? PAGE_SIZE_DEFAULT : Math.min(wanted, PAGE_SIZE_MAX);
  const skipped = (Math.max(num, 1) - 1) * size;
  if (skipped > NUMBERED_MAX)
    throw invalidField("page_info.num", `is beyond the first ${NUMBERED_MAX} resources, use the list with page tokens`);
  const totalCount = await counts.of(kind, parent);
  const totalPages = Math.ceil(totalCount / size);
  if (skipped >= totalCount) return { rows: [], totalCount, totalPages };
  let cursor: string | undefined;
  for (let left = skipped; left > 0;) {
    const page = await store.resources.list({
      kind,
      parent,
      limit: Math.min(left, PAGE_SIZE_MAX),
      ...(cursor === undefined ? {} : { cursor }),
    });
    left -= page.rows.length;
    cursor = page.next;
    if (cursor === undefined) return { rows: [], totalCount, totalPages };
  }
  const { rows } = await store.resources.list({
    kind,
    parent,
    limit: size,
    ...(cursor === undefined ? {} : { cursor }),
  });
  return { rows, totalCount, totalPages };
}

/** Runs a list, and says in the words of the API when its page token is not one. */
export async function pageOrRefusal<T>(list: () => Promise<T>): Promise<T> {
  try {
    return await list();
  } catch (error) {
    if (!(error instanceof InvalidCursor)) throw error;
    const description = "was not made by this server for this question, start again without a token";
    throw new ApiError("PAGE_TOKEN_INVALID", `page_token: ${description}`, {
      violations: [{ field: "page_token", description }],
    });
  }
}

function matches(resource: ResourceMessage & { spec?: unknown }, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { name, slug } = metadataOf(resource);
  const { description = "" } = (resource.spec ?? {}) as { description?: string };
  const text = `${name}\n${slug}\n${description}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
