import { createHash, randomBytes } from "node:crypto";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { requireString } from "../activity-arguments.ts";
import type { HttpRequest } from "../http/http-client.ts";
import { parseChallenges, type Challenge } from "./challenge.ts";
import { type Credentials, withHeader } from "./credentials.ts";

/** Hash functions by the names of RFC 7616 section 6.1, strongest first. */
const HASHES: readonly (readonly [name: string, hash: string])[] = [
  ["SHA-512-256", "sha512-256"],
  ["SHA-256", "sha256"],
  ["MD5", "md5"],
];

interface Answerable {
  readonly hash: string;
  readonly session: boolean;
  readonly qop: "auth" | "auth-int" | undefined;
  readonly parameters: Challenge["parameters"];
}

/**
 * Digest authentication (RFC 7616): the first request goes without credentials, the second answers the challenge, a third one a nonce that went stale. MD5 is answered only where nothing
 * stronger is offered.
 */
export function digestCredentials(
  properties: JsonObject,
  nonce: () => string = () => randomBytes(16).toString("hex"),
): Credentials {
  const username = requireString(properties, "username");
  const password = requireString(properties, "password");
  let challenge: Answerable | undefined;
  let count = 0;
  return {
    async authorize(request) {
      if (challenge === undefined) return request;
      // Each request of a nonce has a higher count (a redirect asks again with the same one): a server takes any other for a replay.
      count += 1;
      return withHeader(request, "authorization", answer(challenge, request, username, password, nonce(), count));
    },
    async challenged(_request, reply) {
      const offered = answerable(parseChallenges(reply.headers["www-authenticate"] ?? ""));
      if (offered === undefined) return false;
      const again = challenge === undefined || offered.parameters.get("stale")?.toLowerCase() === "true";
      challenge = offered;
      count = 0;
      return again;
    },
    renew: async () => false,
    plain: async () => ({ kind: "password", username, password }),
  };
}

function answerable(challenges: readonly Challenge[]): Answerable | undefined {
  const digests = challenges.filter(
    ({ scheme, parameters }) => scheme === "digest" && parameters.has("realm") && parameters.has("nonce"),
  );
  for (const [name, hash] of HASHES) {
    for (const { parameters } of digests) {
      const algorithm = (parameters.get("algorithm") ?? "MD5").toUpperCase();
      if (algorithm !== name && algorithm !== `${name}-SESS`) continue;
      const offered = parameters.get("qop");
      const qops = offered?.split(",").map((qop) => qop.trim().toLowerCase());
      const qop = (["auth", "auth-int"] as const).find((candidate) => qops?.includes(candidate));
      if (offered === undefined || qop !== undefined)
        return { hash, session: algorithm.endsWith("-SESS"), qop, parameters };
    }
  }
  return undefined;
}

function answer(
  { hash, session, qop, parameters }: Answerable,
  request: HttpRequest,
  username: string,
  password: string,
  cnonce: string,
  uses: number,
): string {
  const digest = (text: string | Uint8Array): string => createHash(hash).update(text).digest("hex");
  const realm = parameters.get("realm") ?? "";
  const nonce = parameters.get("nonce") ?? "";
  const uri = request.url.pathname + request.url.search;
  const count = uses.toString(16).padStart(8, "0");
  const secret = digest(`${username}:${realm}:${password}`);
  const a1 = session ? digest(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = digest(
    qop === "auth-int" ? `${request.method}:${uri}:${digest(request.body ?? "")}` : `${request.method}:${uri}`,
  );
  const response = digest(
    qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${count}:${cnonce}:${qop}:${a2}`,
  );
  const hashUser = parameters.get("userhash")?.toLowerCase() === "true";
  const quoted = (text: string): string => `"${text.replaceAll(/["\\]/gu, String.raw`\$&`)}"`;
  const algorithm = parameters.get("algorithm");
  const opaque = parameters.get("opaque");
  const fields = [
    `username=${quoted(hashUser ? digest(`${username}:${realm}`) : username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${count}`]),
    ...(qop === undefined && !session ? [] : [`cnonce="${cnonce}"`]),
    ...(hashUser ? ["userhash=true"] : []),
  ];
  return `Digest ${fields.join(", ")}`;
}
