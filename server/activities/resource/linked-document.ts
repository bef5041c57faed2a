import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { getAtPointer } from "@stigmer/core/lib/json-pointer.ts";
import { parseResource, type ResourceText } from "./resource-reader.ts";
import { type RelatedResources, relatedUri } from "./related-resources.ts";

/** References followed one after the other before they are taken for a circle. */
const STEPS_MAX = 64;

/** One parsed document and the objects of it that are references, by which the document of a reference is found again. */
interface Part {
  readonly uri: string;
  readonly root: Json;
  readonly references: ReadonlySet<object>;
}

/**
 * A document whose `$ref`s lead into itself and into others. Following is synchronous: where a document is missing, work stops and `withDocuments` begins it again once the document is there, so only what
 * a call needs is ever fetched.
 */
export class LinkedDocument {
  readonly root: JsonObject;
  readonly #parts = new Map<string, Part>();
  readonly #main: Part;
  readonly #unusable: (problem: string) => Error;

  /** `unusable` makes the fault of a reference that cannot be followed. */
  constructor(uri: string, root: JsonObject, unusable: (problem: string) => Error) {
    this.root = root;
    // The objects of the document itself need no listing: what no other document has is its own.
    this.#main = { uri, root, references: new Set() };
    this.#parts.set(uri, this.#main);
    this.#unusable = unusable;
  }

  /** The object a value is, or that its `$ref` leads to, however many documents away; the empty object for anything else. */
  follow(value: Json | undefined): JsonObject {
    let current = value;
    for (let steps = 0; isJsonObject(current); steps += 1) {
      const reference = getKey(current, "$ref");
      if (typeof reference !== "string") return current;
      if (steps >= STEPS_MAX) throw this.#unusable(`its reference "${reference}" goes in circles`);
      const target = this.#partAt(relatedUri(this.#partOf(current).uri, reference));
      current = getAtPointer(target.root, fragmentOf(reference));
      if (current === undefined) throw this.#unusable(`its reference "${reference}" leads nowhere`);
    }
    return {};
  }

  /** Adds a document that `follow` missed. */
  add({ uri, part }: { readonly uri: string; readonly part: ResourceText }): void {
    const root = parseResource(part);
    if (root === undefined) throw this.#unusable(`it refers to "${uri}", which is neither JSON nor YAML`);
    // After redirects a document has two addresses; one of a data URI tells only its type.
    const own = /^https?:/iu.test(part.uri) ? part.uri : uri;
    const added = { uri: own, root, references: referencesOf(root) };
    this.#parts.set(uri, added).set(own, added);
  }

  #partOf(value: object): Part {
    for (const part of this.#parts.values()) if (part.references.has(value)) return part;
    return this.#main;
  }

  #partAt(uri: string): Part {
    const part = this.#parts.get(uri);
    if (part === undefined) throw new MissingDocument(uri);
    return part;
  }
}

/** Does work that follows references, and does it again with each document it missed: so it must have no effect but its result. */
export async function withDocuments<Result>(
  document: LinkedDocument,
  related: RelatedResources,
  work: () => Result,
): Promise<Result> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof MissingDocument)) throw error;
      document.add({ uri: error.uri, part: await related.read(error.uri) });
    }
  }
}

class MissingDocument extends Error {
  readonly uri: string;

  constructor(uri: string) {
    super(`the document "${uri}" is not there yet`);
    this.uri = uri;
  }
}

/** Not recursive, since depth is the author's to choose; an object reached twice (a YAML alias) is listed once. */
function referencesOf(root: Json): ReadonlySet<object> {
  const references = new Set<object>();
  const seen = new Set<object>();
  const rest: Json[] = [root];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isJsonObject(value) && typeof getKey(value, "$ref") === "string") references.add(value);
    rest.push(...(isJsonArray(value) ? value : Object.values(value)));
  }
  return references;
}

function fragmentOf(reference: string): string {
  const hash = reference.indexOf("#");
  if (hash < 0) return "";
  const fragment = reference.slice(hash + 1);
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
