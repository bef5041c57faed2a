import { readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { parse as parseYaml } from "yaml";
import { type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import type { ActivityOptions } from "../activity-options.ts";
import { configurationFault, httpUrl, invalidArgument, readEndpoint } from "../activity-arguments.ts";
import type { CallContext } from "../call-context.ts";
import type { Credentials } from "../auth/credentials.ts";
import { exchange } from "../http/exchange.ts";
import type { HttpClient } from "../http/http-client.ts";
import { statusFault } from "../http/http.ts";
import { parseMediaType } from "../http/media-type.ts";
import { transportFault } from "../transport-fault.ts";

/** An external resource as text. */
export interface ResourceText {
  /** Where it came from: after redirects, the last address, which is what its own relative references refer to. */
  readonly uri: string;
  readonly content: string;
  readonly mediaType: string;
}

/** Media types by file extension, for resources that come without one. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  [".json", "application/json"],
  [".yaml", "application/yaml"],
  [".yml", "application/yaml"],
  [".proto", "text/x-protobuf"],
  [".js", "text/javascript"],
  [".py", "text/x-python"],
]);

/** Bytes of a resource. */
const RESOURCE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Reads external resources (specification, section External Resource): http and https through the network guard, `data:` from the URI itself, `file:` only below the directory the operator
 * names.
 */
export class ResourceReader {
  readonly #options: Pick<ActivityOptions, "resources" | "http">;
  readonly #client: HttpClient;
  readonly #credentials: (policy: Json | undefined, call: CallContext) => Credentials | undefined;

  constructor(
    options: Pick<ActivityOptions, "resources" | "http">,
    client: HttpClient,
    credentials: (policy: Json | undefined, call: CallContext) => Credentials | undefined,
  ) {
    this.#options = options;
    this.#client = client;
    this.#credentials = credentials;
  }

  /** The text of `{ endpoint }`. Throws configuration, communication, authentication and authorization faults. */
  async read(resource: JsonObject, call: CallContext): Promise<ResourceText> {
    const { uri, authentication } = readEndpoint(resource, "endpoint");
    if (/^https?:/iu.test(uri)) return this.#fetch(httpUrl(uri, "endpoint"), authentication, call);
    if (/^data:/iu.test(uri)) return readData(uri);
    if (/^file:/iu.test(uri) || !/^[a-z][\w+.-]*:/iu.test(uri)) return this.#readFile(uri);
    throw invalidArgument("endpoint", uri, "an http, https, file or data URI");
  }

  async #fetch(url: URL, authentication: Json | undefined, call: CallContext): Promise<ResourceText> {
    const headers = {
      accept: "*/*",
      "user-agent": "stigmer",
      ...(call.traceparent === undefined ? {} : { traceparent: call.traceparent }),
    };
    try {
      const { request, reply } = await exchange(
        this.#client,
        { method: "GET", url, headers },
        {
          credentials: this.#credentials(authentication, call),
          redirectsMax: this.#options.http.redirectsMax,
          stop: call.stop,
          isSecret: (value) => call.secrets.redactor.text(value) !== value,
        },
      );
      if (reply.statusCode !== 200) throw statusFault("GET", url, reply, this.#options.http.faultBodyBytesMax);
      if (reply.body.length > RESOURCE_BYTES_MAX) throw tooLarge(url.href);
      const mediaType = parseMediaType(reply.headers["content-type"]).essence;
      const untold = mediaType === "" || mediaType === "text/plain" || mediaType === "application/octet-stream";
      return {
        uri: request.url.href,
        content: reply.body.toString("utf8"),
        mediaType: untold ? typeByName(request.url.pathname, mediaType) : mediaType,
      };
    } catch (error) {
      const fault = transportFault(error, url.host);
      throw fault === undefined ? error : new ActivityFault(fault);
    }
  }

  async #readFile(uri: string): Promise<ResourceText> {
    const root = this.#options.resources.fileRoot;
    if (root === undefined) {
      throw configurationFault(
        "Files not allowed",
        `Cannot read "${uri}": this server names no directory for file resources, it should be an http, https or data URI`,
      );
    }
    return { uri, ...(await readBelow(root, fileName(uri))) };
  }
}

/** Reads a file below a directory, links resolved; anything else is a configuration fault that does not tell whether it exists. */
export async function readBelow(
  root: string,
  name: string,
): Promise<{ readonly content: string; readonly mediaType: string }> {
  const base = await realpath(root);
  const refused = configurationFault(
    "Resource not found",
    `Cannot read "${name}": there is no such file below the directory of file resources`,
  );
  let file: string;
  try {
    file = await realpath(path.join(base, name));
  } catch {
    throw refused;
  }
  if (!file.startsWith(base + path.sep)) throw refused;
  const content = await readFile(file, "utf8").catch(() => {
    throw refused;
  });
  if (content.length > RESOURCE_BYTES_MAX) throw tooLarge(name);
  return { content, mediaType: typeByName(file, "text/plain") };
}

/** A resource as data: JSON or YAML, by what it says it is or else by what it looks like; undefined when it is neither. */
export function parseResource({ content, mediaType }: Pick<ResourceText, "content" | "mediaType">): Json | undefined {
  const yaml = /[/+](?:x-)?yaml$/u.test(mediaType);
  const json = /[/+]json$/u.test(mediaType);
  if (!yaml && !json && !/^\s*[[{"]|^[^\n]*:\s/u.test(content)) return undefined;
  try {
    if (!yaml) return JSON.parse(content) as Json;
  } catch {
    if (json && !/^\s*[a-z]/iu.test(content)) return undefined;
  }
  try {
    return parseYaml(content, { maxAliasCount: 100, uniqueKeys: true }) as Json;
  } catch {
    return undefined;
  }
}

/** `file://app/greet.proto`, `file:///app/greet.proto` and `app/greet.proto` all name a path below the root, where released examples use the first. */
function fileName(uri: string): string {
  const name = uri.replace(/^file:(?:\/\/)?/iu, "");
  try {
    return decodeURIComponent(name);
  } catch {
    throw invalidArgument("endpoint", uri, "a file URI with valid percent-encoding");
  }
}

function readData(uri: string): ResourceText {
  const match = /^data:([^,]*?)(;base64)?,(.*)$/isu.exec(uri);
  if (match === null) throw invalidArgument("endpoint", uri.slice(0, 80), "a data URI with a comma before its content");
  const [, type = "", base64, data = ""] = match;
  let content: string;
  try {
    content =
      base64 === undefined
        ? decodeURIComponent(data)
        : Buffer.from(decodeURIComponent(data), "base64").toString("utf8");
  } catch {
    throw invalidArgument("endpoint", uri.slice(0, 80), "a data URI with valid percent-encoding");
  }
  const mediaType = parseMediaType(type).essence;
  return { uri: `data:${mediaType}`, content, mediaType: mediaType === "" ? "text/plain" : mediaType };
}

function typeByName(name: string, otherwise: string): string {
  return EXTENSIONS.get(path.posix.extname(name).toLowerCase()) ?? (otherwise === "" ? "text/plain" : otherwise);
}

function tooLarge(name: string): ActivityFault {
  return new ActivityFault(
    standardFault(
      "communication",
      "Resource too large",
      `Cannot read "${name}": it is larger than ${RESOURCE_BYTES_MAX} bytes`,
      { status: 502 },
    ),
  );
}
