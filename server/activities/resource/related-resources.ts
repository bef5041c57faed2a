import path from "node:path";
import { type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import { configurationFault, readEndpoint } from "../activity-arguments.ts";
import type { CallContext } from "../call-context.ts";
import type { ResourceReader, ResourceText } from "./resource-reader.ts";

/** Documents one call reads beside the one it names. */
const RELATED_MAX = 100;

/** Characters all of them have together. */
const RELATED_LENGTH_MAX = 16 * 1024 * 1024;

/**
 * Reads what a resource refers to, for one call: parts of an OpenAPI or AsyncAPI document, imports of a proto. The rules of the resource itself hold for each of them, the network guard included; its
 * authentication goes to its own origin only, and what came over the network cannot name files of this host. How many there are, and how large they are together, is bounded.
 */
export class RelatedResources {
  readonly #reader: ResourceReader;
  readonly #call: CallContext;
  readonly #authentication: Json | undefined;
  readonly #origin: string | undefined;
  readonly #known = new Map<string, Promise<ResourceText>>();
  #length = 0;

  /** `resource` is the argument as the workflow gave it, `{ endpoint }`. */
  constructor(reader: ResourceReader, resource: JsonObject, call: CallContext) {
    const { uri, authentication } = readEndpoint(resource, "endpoint");
    this.#reader = reader;
    this.#call = call;
    this.#authentication = authentication;
    this.#origin = originOf(uri);
  }

  /** The text at an absolute URI, read once. Throws the faults of resources, and a configuration fault where there are too many. */
  async read(uri: string): Promise<ResourceText> {
    const known = this.#known.get(uri);
    if (known !== undefined) return known;
    if (this.#known.size >= RELATED_MAX)
      throw unusable(uri, `the document refers to more than ${RELATED_MAX} others, directly or through them`);
    const reading = this.#read(uri);
    this.#known.set(uri, reading);
    return reading;
  }

  async #read(uri: string): Promise<ResourceText> {
    const own = this.#origin !== undefined && originOf(uri) === this.#origin;
    const endpoint: JsonObject =
      own && this.#authentication !== undefined ? { uri, authentication: this.#authentication } : { uri };
    const text = await this.#reader.read({ endpoint }, this.#call);
    this.#length += text.content.length;
    if (this.#length > RELATED_LENGTH_MAX)
      throw unusable(uri, `what the document refers to is larger than ${RELATED_LENGTH_MAX} characters together`);
    return text;
  }
}

/** The absolute URI, without fragment, of a reference in the resource at `base` (RFC 3986 section 5). Throws a configuration fault for what may not or cannot be referred to from there. */
export function relatedUri(base: string, reference: string): string {
  const target = reference.replace(/#.*$/su, "");
  if (target === "") return base;
  if (isHttp(base)) {
    if (!URL.canParse(target, base)) throw unusable(reference, "it is no valid URI");
    const url = new URL(target, base);
    if (url.protocol === "http:" || url.protocol === "https:") return url.href;
    throw unusable(reference, "a document that came over http can refer to http and https only");
  }
  if (/^[a-z][\w+.-]*:/iu.test(target)) return isHttp(target) ? new URL(target).href : target;
  if (isFile(base)) {
    const folder = path.posix.dirname(`/${base.replace(/^file:(?:\/\/)?/iu, "")}`);
    return `file://${path.posix.resolve(folder, target)}`;
  }
  throw unusable(reference, "it is relative, but the document has no address of its own");
}

/** Tells whether a resource of this URI is a file of this host. */
function isFile(uri: string): boolean {
  return /^file:/iu.test(uri) || !/^[a-z][\w+.-]*:/iu.test(uri);
}

function isHttp(uri: string): boolean {
  return /^https?:\/\//iu.test(uri);
}

function originOf(uri: string): string | undefined {
  return isHttp(uri) && URL.canParse(uri) ? new URL(uri).origin : undefined;
}

function unusable(reference: string, problem: string): Error {
  return configurationFault("Unusable reference", `Cannot follow the reference "${reference}": ${problem}`);
}
