import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type StopSignal } from "../activity.ts";
import type { Credentials } from "../auth/credentials.ts";
import type { HttpClient, HttpReply, HttpRequest } from "./http-client.ts";

/** How an exchange goes beyond one request and one response. */
export interface ExchangeOptions {
  readonly credentials?: Credentials | undefined;
  /** Follow redirects, at most so many; 0 follows none and gives the redirect itself back. */
  readonly redirectsMax: number;
  readonly stop: StopSignal;
  /** Tells whether a header value holds a secret, which then stays at the first origin like a credential. */
  isSecret(value: string): boolean;
}

/** The last request of an exchange and the response to it. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
}

/** Headers that never leave the origin they were meant for (a redirect elsewhere goes without them). */
const ORIGIN_BOUND = new Set(["authorization", "proxy-authorization", "cookie"]);

/**
 * Sends a request with its credentials, answers one authentication challenge, and follows redirects. Credentials and origin-bound headers stay at the first origin; each hop is connected, and so
 * judged by the network guard, anew.
 */
export async function exchange(client: HttpClient, first: HttpRequest, options: ExchangeOptions): Promise<Exchange> {
  let request = first;
  for (let hops = 0; ; hops += 1) {
    const credentials = request.url.origin === first.url.origin ? options.credentials : undefined;
    const done = await authorized(client, request, credentials, options.stop);
    const target = options.redirectsMax > 0 ? redirectTarget(done.reply, request.url) : undefined;
    if (target === undefined) return done;
    if (hops >= options.redirectsMax) {
      throw new ActivityFault(
        standardFault(
          "communication",
          "Too many redirects",
          `Cannot follow ${request.url.href}: more than ${options.redirectsMax} redirects`,
          {
            status: 502,
          },
        ),
      );
    }
    request = redirected(request, target, done.reply.statusCode, options);
  }
}

async function authorized(
  client: HttpClient,
  request: HttpRequest,
  credentials: Credentials | undefined,
  stop: StopSignal,
): Promise<Exchange> {
  if (credentials === undefined) return { request, reply: await client.send(request, stop) };
  for (let challenges = 0; ; challenges += 1) {
    const signed = await credentials.authorize(request);
    const reply = await client.send(signed, stop);
    if (reply.statusCode !== 401 || challenges >= 2 || !(await credentials.challenged(signed, reply)))
      return { request: signed, reply };
  }
}

function redirectTarget(reply: HttpReply, base: URL): URL | undefined {
  const location = reply.headers["location"];
  if (location === undefined || ![301, 302, 303, 307, 308].includes(reply.statusCode)) return undefined;
  const target = URL.canParse(location, base.href) ? new URL(location, base.href) : undefined;
  if (target === undefined || (target.protocol !== "http:" && target.protocol !== "https:")) {
    throw new ActivityFault(
      standardFault(
        "communication",
        "Unusable redirect",
        `Cannot follow "${location}": it is no http or https address`,
        { status: 502 },
      ),
    );
  }
  return target;
}

/** RFC 9110 section 15.4: 303, and 301 and 302 after a POST, turn into a GET without a body; the others repeat the request. */
function redirected(request: HttpRequest, url: URL, statusCode: number, options: ExchangeOptions): HttpRequest {
  const toGet = request.method !== "HEAD" && (statusCode === 303 || (statusCode <= 302 && request.method === "POST"));
  const headers = Object.assign(Object.create(null) as Record<string, string>, request.headers);
  if (url.origin !== request.url.origin) {
    for (const [name, value] of Object.entries(headers))
      if (ORIGIN_BOUND.has(name) || options.isSecret(value)) delete headers[name];
  }
  if (!toGet) return { ...request, url, headers };
  delete headers["content-type"];
  return { method: "GET", url, headers };
}
