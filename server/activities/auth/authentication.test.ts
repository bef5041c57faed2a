import { createHash, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exportJWK } from "jose";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityHost } from "../index.ts";
import { faultOf, testContext, testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer, json } from "../testing/http-peer.ts";
import { type OAuthPeer, oauthClientSecret, oauthPeer } from "../testing/oauth-peer.ts";
import { parseChallenges } from "./challenge.ts";

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const privatePem = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

let oauth: OAuthPeer;
let plain: HttpPeer;
let host: ActivityHost;
let now = 1_000_000;

beforeAll(async () => {
  oauth = await oauthPeer({ ...(await exportJWK(keys.publicKey)), alg: "ES256" });
  plain = await httpPeer((request, response) =>
    json(response, { authorization: request.headers.authorization ?? null }),
  );
});

beforeEach(() => {
  host = testHost({ now: () => now });
  oauth.requests.length = 0;
  oauth.tokens.length = 0;
  Object.assign(oauth, { expiresIn: 3600, tokenIssuer: undefined, issueRefreshTokens: false, refuseRefresh: false });
});

afterAll(async () => {
  await oauth.close();
  await plain.close();
});

function call(uri: string, authentication: Json, secrets: JsonObject = {}): Promise<Json> {
  return host.runner.run("http", { method: "get", endpoint: { uri, authentication } }, testContext({ secrets }));
}

function policy(rest: JsonObject = {}): JsonObject {
  return {
    authority: `${oauth.origin}/realm`,
    grant: "client_credentials",
    client: { id: "confidential", secret: oauthClientSecret },
    ...rest,
  };
}

describe("basic and bearer authentication", () => {
  it("sends user and password in UTF-8", async () => {
    await call(plain.origin, { basic: { username: "j\u00fcrgen", password: "p\u00e4ss" } });
    expect(plain.received.at(-1)?.headers.authorization).toBe(
      `Basic ${Buffer.from("j\u00fcrgen:p\u00e4ss").toString("base64")}`,
    );
  });

  it("takes its properties from a secret, which the answer does not give away", async () => {
    const result = await call(
      plain.origin,
      { basic: { use: "login" } },
      { login: { username: "u", password: "canary-0123456789" } },
    );
    expect(plain.received.at(-1)?.headers.authorization).toBe(
      `Basic ${Buffer.from("u:canary-0123456789").toString("base64")}`,
    );
    expect(result).toEqual({ authorization: "Basic [redacted]" });
  });

  it("puts a marker in the place of a token that comes back", async () => {
    const result = await call(
      plain.origin,
      { bearer: { token: "\uE000api/token\uE001" } },
      { api: { token: "canary-0123456789" } },
    );
    expect(plain.received.at(-1)?.headers.authorization).toBe("Bearer canary-0123456789");
    expect(result).toEqual({ authorization: "Bearer \uE000api/token\uE001" });
  });

  const unusable: readonly {
    readonly name: string;
    readonly authentication: Json;
    readonly secrets: JsonObject;
    readonly want: JsonObject;
  }[] = [
    {
      name: "a secret the run does not have",
      authentication: { bearer: { use: "none" } },
      secrets: {},
      want: { type: "authorization", status: 403 },
    },
    {
      name: "a secret that is no object",
      authentication: { bearer: { use: "text" } },
      secrets: { text: "abc" },
      want: { type: "authentication", status: 401 },
    },
    { name: "a policy without a scheme", authentication: { none: {} }, secrets: {}, want: { type: "configuration" } },
    {
      name: "a policy without its properties",
      authentication: { basic: { password: "x" } },
      secrets: {},
      want: { type: "validation" },
    },
  ];
  it.each(unusable)("refuses $name", async ({ authentication, secrets, want }) => {
    expect(
      await faultOf(
        host,
        "http",
        { method: "get", endpoint: { uri: plain.origin, authentication } },
        testContext({ secrets }),
      ),
    ).toMatchObject(want);
  });
});

describe("digest authentication", () => {
  const cases: readonly {
    readonly algorithm: string | undefined;
    readonly hash: string;
    readonly qop: string | undefined;
    readonly session: boolean;
  }[] = [
    { algorithm: "MD5", hash: "md5", qop: "auth", session: false },
    { algorithm: "SHA-256", hash: "sha256", qop: "auth", session: false },
    { algorithm: "SHA-256-sess", hash: "sha256", qop: "auth,auth-int", session: true },
    { algorithm: undefined, hash: "md5", qop: undefined, session: false },
    { algorithm: "SHA-512-256", hash: "sha512-256", qop: "auth-int", session: false },
  ];
  it.each(cases)("answers a challenge of $algorithm with qop $qop", async ({ algorithm, hash, qop, session }) => {
    let stale = true;
    const digest = (text: string): string => createHash(hash).update(text).digest("hex");
    const peer = await httpPeer((request, response) => {
      const [given] = parseChallenges(request.headers.authorization ?? "");
      const nonce = stale && given !== undefined ? "second" : given === undefined ? "first" : "second";
      const parameters = [
        `realm="a \\"b\\""`,
        `nonce="${nonce}"`,
        ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
        ...(qop === undefined ? [] : [`qop="${qop}"`]),
        'opaque="o"',
      ];
      const challenge = (extra = ""): void =>
        json(response, {}, 401, { "www-authenticate": `Basic realm="x", Digest ${parameters.join(", ")}${extra}` });
      if (given === undefined) return challenge();
      if (stale) {
        stale = false;
        return challenge(", stale=true");
      }
      const value = (name: string): string => given.parameters.get(name) ?? "";
      const chosen = value("qop");
      const base = digest(`Mufasa:a "b":Circle of Life`);
      const a1 = session ? digest(`${base}:second:${value("cnonce")}`) : base;
      const a2 = digest(chosen === "auth-int" ? `POST:/x?y=1:${digest("body")}` : "POST:/x?y=1");
      const want =
        chosen === ""
          ? digest(`${a1}:second:${a2}`)
          : digest(`${a1}:second:00000001:${value("cnonce")}:${chosen}:${a2}`);
      return json(response, { ok: value("response") === want, opaque: value("opaque"), user: value("username") });
    });
    const input = {
      method: "post",
      body: "body",
      endpoint: {
        uri: `${peer.origin}/x?y=1`,
        authentication: { digest: { username: "Mufasa", password: "Circle of Life" } },
      },
    };
    expect(await host.runner.run("http", input, testContext())).toEqual({ ok: true, opaque: "o", user: "Mufasa" });
    expect(peer.received.length).toBe(3);
    await peer.close();
  });

  it("counts the requests of one nonce, over a redirect", async () => {
    const counts: unknown[] = [];
    const peer = await httpPeer((request, response) => {
      const [given] = parseChallenges(request.headers.authorization ?? "");
      if (given === undefined)
        return json(response, {}, 401, { "www-authenticate": 'Digest realm="r", nonce="n", qop="auth"' });
      counts.push(given.parameters.get("nc"));
      return request.url === "/moved" ? json(response, {}, 302, { location: "/x" }) : json(response, {});
    });
    await host.runner.run(
      "http",
      {
        method: "get",
        redirect: true,
        endpoint: { uri: `${peer.origin}/moved`, authentication: { digest: { username: "u", password: "p" } } },
      },
      testContext(),
    );
    expect(counts).toEqual(["00000001", "00000002"]);
    await peer.close();
  });

  it("gives up on a password that is refused, without trying for ever", async () => {
    const peer = await httpPeer((_request, response) =>
      json(response, {}, 401, { "www-authenticate": 'Digest realm="r", nonce="n", qop="auth"' }),
    );
    expect(
      await faultOf(host, "http", {
        method: "get",
        endpoint: { uri: peer.origin, authentication: { digest: { username: "u", password: "p" } } },
      }),
    ).toMatchObject({ type: "communication", status: 401 });
    expect(peer.received.length).toBe(2);
    await peer.close();
  });
});

describe("oauth2 grants", () => {
  const grants: readonly { readonly name: string; readonly policy: JsonObject; readonly want: JsonObject }[] = [
    {
      name: "client_credentials",
      policy: { scopes: ["a", "b"], audiences: ["x", "y"] },
      want: { grant_type: "client_credentials", scope: "a b", audience: ["x", "y"] },
    },
    {
      name: "client-credentials as older documents spell it",
      policy: { grant: "client-credentials" },
      want: { grant_type: "client_credentials" },
    },
    {
      name: "password",
      policy: { grant: "password", username: "u", password: "pass-0123456789" },
      want: { grant_type: "password", username: "u", password: "pass-0123456789" },
    },
    {
      name: "authorization_code",
      policy: { grant: "authorization_code", subject: { token: "the-code", type: "code" } },
      want: { grant_type: "authorization_code", code: "the-code" },
    },
    {
      name: "refresh_token",
      policy: { grant: "refresh_token", subject: { token: "first-refresh", type: "refresh_token" } },
      want: { grant_type: "refresh_token", refresh_token: "first-refresh" },
    },
    {
      name: "token exchange",
      policy: {
        grant: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject: { token: "s", type: "access_token" },
        actor: { token: "a", type: "urn:ietf:params:oauth:token-type:jwt" },
      },
      want: {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: "s",
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        actor_token: "a",
        actor_token_type: "urn:ietf:params:oauth:token-type:jwt",
      },
    },
  ];
  it.each(grants)("requests a token by $name", async ({ policy: rest, want }) => {
    expect(await call(`${oauth.origin}/api`, { oauth2: policy(rest) })).toMatchObject({ welcome: true });
    expect(oauth.requests[0]).toMatchObject(want);
  });

  it("encodes the request as JSON where the policy wants it", async () => {
    await call(`${oauth.origin}/api`, {
      oauth2: policy({ request: { encoding: "application/json" }, audiences: ["x", "y"] }),
    });
    expect(oauth.received.find(({ url }) => url.endsWith("/token"))?.headers["content-type"]).toBeDefined();
    expect(oauth.requests[0]).toMatchObject({ grant_type: "client_credentials", audience: ["x", "y"] });
  });

  it("refuses a grant that is none", async () => {
    expect(
      await faultOf(host, "http", {
        method: "get",
        endpoint: { uri: oauth.origin, authentication: { oauth2: policy({ grant: "implicit" }) } },
      }),
    ).toMatchObject({ type: "configuration" });
  });
});

describe("oauth2 client authentication", () => {
  const clients: readonly { readonly name: string; readonly client: JsonObject }[] = [
    {
      name: "client_secret_post",
      client: { id: "c", secret: oauthClientSecret, authentication: "client_secret_post" },
    },
    {
      name: "client_secret_basic, form-encoded",
      client: { id: "the:client", secret: oauthClientSecret, authentication: "client_secret_basic" },
    },
    {
      name: "client_secret_jwt",
      client: { id: "jwt-client", secret: oauthClientSecret, authentication: "client_secret_jwt" },
    },
    { name: "private_key_jwt", client: { id: "jwt-client", secret: privatePem, authentication: "private_key_jwt" } },
    {
      name: "a ready-made assertion",
      client: { id: "jwt-client", assertion: "ready-made-assertion", authentication: "private_key_jwt" },
    },
    { name: "none", client: { id: "public", authentication: "none" } },
  ];
  it.each(clients)("authenticates by $name", async ({ client }) => {
    now = Date.now();
    expect(await call(`${oauth.origin}/api`, { oauth2: policy({ client }) })).toMatchObject({ welcome: true });
    if (client["authentication"] === "client_secret_basic")
      expect(oauth.requests[0]).not.toHaveProperty("client_secret");
  });

  it("makes an authentication fault of a refusal, with what the server says and without the secret", async () => {
    const secrets = {
      idp: {
        authority: `${oauth.origin}/realm`,
        grant: "client_credentials",
        client: { id: "c", secret: "wrong-canary-0123" },
      },
    };
    const fault = await faultOf(
      host,
      "http",
      { method: "get", endpoint: { uri: `${oauth.origin}/api`, authentication: { oauth2: { use: "idp" } } } },
      testContext({ secrets }),
    );
    expect(fault).toMatchObject({
      type: "authentication",
      status: 401,
      data: { status: 401, error: "invalid_client", error_description: "who are you" },
    });
    expect(JSON.stringify(fault)).not.toContain("wrong-canary");
  });

  it("refuses a private key that is none, and methods without what they need", async () => {
    for (const client of [
      { id: "c", secret: "x", authentication: "private_key_jwt" },
      { secret: "x", authentication: "client_secret_basic" },
    ]) {
      const fault = await faultOf(host, "http", {
        method: "get",
        endpoint: { uri: `${oauth.origin}/api`, authentication: { oauth2: policy({ client }) } },
      });
      expect(fault.type).toBe("configuration");
    }
  });
});

describe("oauth2 tokens", () => {
  it("keeps a token until it expires", async () => {
    now = 1_000_000;
    oauth.expiresIn = 100;
    for (const at of [0, 80_000, 89_000]) {
      now = 1_000_000 + at;
      await call(`${oauth.origin}/api`, { oauth2: policy() });
    }
    expect(oauth.requests.length).toBe(1);
    now = 1_000_000 + 91_000;
    await call(`${oauth.origin}/api`, { oauth2: policy() });
    expect(oauth.requests.length).toBe(2);
  });

  it("makes one request of many at the same time", async () => {
    await Promise.all(Array.from({ length: 20 }, () => call(`${oauth.origin}/api`, { oauth2: policy() })));
    expect(oauth.requests.length).toBe(1);
  });

  it("asks for each policy by itself", async () => {
    await call(`${oauth.origin}/api`, { oauth2: policy() });
    await call(`${oauth.origin}/api`, { oauth2: policy({ scopes: ["other"] }) });
    expect(oauth.requests.length).toBe(2);
  });

  it("replaces a token that is refused, once", async () => {
    await call(`${oauth.origin}/api`, { oauth2: policy() });
    await call(`${oauth.origin}/expire`, null);
    expect(await call(`${oauth.origin}/api`, { oauth2: policy() })).toMatchObject({ welcome: true });
    expect(oauth.requests.length).toBe(2);
  });

  it("renews with the refresh token, and in the policy's way when that is refused", async () => {
    now = 1_000_000;
    Object.assign(oauth, { expiresIn: 10, issueRefreshTokens: true });
    await call(`${oauth.origin}/api`, { oauth2: policy() });
    now += 20_000;
    await call(`${oauth.origin}/api`, { oauth2: policy() });
    expect(oauth.requests[1]).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "refresh-token-1-0123456789",
    });
    now += 20_000;
    oauth.refuseRefresh = true;
    expect(await call(`${oauth.origin}/api`, { oauth2: policy() })).toMatchObject({ welcome: true });
    expect(oauth.requests.map(({ grant_type: grant }) => grant)).toEqual([
      "client_credentials",
      "refresh_token",
      "refresh_token",
      "client_credentials",
    ]);
  });

  it("does not let a token show in what comes back", async () => {
    expect(await call(`${oauth.origin}/api`, { oauth2: policy() })).toEqual({
      welcome: true,
      authorization: "Bearer [redacted]",
    });
  });

  const issuers: readonly {
    readonly name: string;
    readonly issuer: string | undefined;
    readonly issuers: readonly string[];
    readonly welcome: boolean;
  }[] = [
    {
      name: "takes a JWT of a listed issuer",
      issuer: "https://a.example",
      issuers: ["https://a.example"],
      welcome: true,
    },
    {
      name: "refuses a JWT of another issuer",
      issuer: "https://b.example",
      issuers: ["https://a.example"],
      welcome: false,
    },
    {
      name: "takes an opaque token whose introspection says a listed issuer",
      issuer: undefined,
      issuers: ["https://introspected.example"],
      welcome: true,
    },
    {
      name: "refuses an opaque token of an unknown issuer",
      issuer: undefined,
      issuers: ["https://a.example"],
      welcome: false,
    },
  ];
  it.each(issuers)("$name", async ({ issuer, issuers: list, welcome }) => {
    oauth.tokenIssuer = issuer;
    const input = {
      method: "get",
      endpoint: { uri: `${oauth.origin}/api`, authentication: { oauth2: policy({ issuers: list }) } },
    };
    if (welcome) expect(await host.runner.run("http", input, testContext())).toMatchObject({ welcome: true });
    else
      expect(await faultOf(host, "http", input)).toMatchObject({
        type: "authentication",
        title: "Untrusted token issuer",
      });
  });

  it("uses the policy's own endpoints, and revokes at the end where it names one", async () => {
    await call(`${oauth.origin}/api`, {
      oauth2: policy({ endpoints: { token: "/custom/token", revocation: "/custom/revoke" } }),
    });
    expect(oauth.received.some(({ url }) => url === "/realm/custom/token")).toBe(true);
    await host.close();
    expect(oauth.received.at(-1)).toMatchObject({ url: "/realm/custom/revoke" });
  });

  it("cannot be sent to private addresses", async () => {
    const guarded = testHost({ network: { allowLoopback: false } });
    const fault = await faultOf(guarded, "http", {
      method: "get",
      endpoint: { uri: "https://1.1.1.1/", authentication: { oauth2: policy() } },
    });
    expect(fault).toMatchObject({ type: "authorization", title: "Address not allowed" });
    await guarded.close();
  });
});

describe("oidc discovery", () => {
  it("finds the token endpoint at the authority", async () => {
    expect(await call(`${oauth.origin}/api`, { oidc: policy() })).toMatchObject({ welcome: true });
    expect(oauth.received.some(({ url }) => url === "/token")).toBe(true);
  });

  it("takes an authority that is the well-known address, for oauth2 too", async () => {
    const authority = `${oauth.origin}/realm/.well-known/openid-configuration`;
    expect(await call(`${oauth.origin}/api`, { oidc: policy({ authority }) })).toMatchObject({ welcome: true });
    expect(await call(`${oauth.origin}/api`, { oauth2: policy({ authority, scopes: ["x"] }) })).toMatchObject({
      welcome: true,
    });
  });

  it("refuses metadata of another issuer, and none at all", async () => {
    for (const realm of ["impostor", "nothing"]) {
      const fault = await faultOf(host, "http", {
        method: "get",
        endpoint: {
          uri: `${oauth.origin}/api`,
          authentication: { oidc: policy({ authority: `${oauth.origin}/${realm}` }) },
        },
      });
      expect(fault).toMatchObject({ type: "authentication", title: "Authority not usable" });
    }
  });
});
