import type { HttpReply, HttpRequest } from "../http/http-client.ts";

/** How one policy authenticates calls. Made for one call: what it learns from a challenge ends with it. */
export interface Credentials {
  /** The request with what the policy adds to it. */
  authorize(request: HttpRequest): Promise<HttpRequest>;
  /** The peer answered 401: tells whether another try, authorized anew, can end better. */
  challenged(request: HttpRequest, reply: HttpReply): Promise<boolean>;
  /** The peer refused in words of its own protocol: tells whether other credentials can be had, which are then given. */
  renew(): Promise<boolean>;
  /** User and password or a token, for protocols without HTTP headers; undefined where the policy has neither. */
  plain(): Promise<PlainCredentials | undefined>;
}

/** Credentials as brokers want them. */
export type PlainCredentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "token"; readonly token: string };

/** A copy of a request with one more header. */
export function withHeader(request: HttpRequest, name: string, value: string): HttpRequest {
  const headers = Object.assign(Object.create(null) as Record<string, string>, request.headers);
  headers[name] = value;
  return { ...request, headers };
}
