import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer, json } from "../testing/http-peer.ts";
import { type LiveEngine, liveEngine } from "../testing/live-engine.ts";
import { type OAuthPeer, oauthClientSecret, oauthPeer } from "../testing/oauth-peer.ts";

/* `$authorization.parameter` in the arguments of a call, as whole workflows: the peer gets what the policy resolved to, the run only ever what stands for it. */

let oauth: OAuthPeer;
let peer: HttpPeer;
let engine: LiveEngine;
const host = testHost();

beforeAll(async () => {
  oauth = await oauthPeer();
  peer = await httpPeer((request, response) => json(response, { back: request.body }));
  engine = await liveEngine(host);
});
afterEach(() => void (peer.received.length = 0));
afterAll(async () => {
  await engine.close();
  await host.close();
  await peer.close();
  await oauth.close();
});

const secrets: JsonObject = {
  login: { username: "u", password: "canary-0123456789" },
};
const basic = Buffer.from("u:canary-0123456789").toString("base64");

function workflow(tasks: Json): string {
  return stringify({
    document: { dsl: "1.0.3", namespace: "t", name: "authorized", version: "1.0.0" },
    use: { secrets: ["login"] },
    do: tasks,
  });
}

const call = (authentication: Json, rest: JsonObject, after: JsonObject = {}): JsonObject => ({
  call: "http",
  with: { method: "post", endpoint: { uri: `${peer.origin}/in`, authentication }, ...rest },
  ...after,
});

const policy = (): JsonObject => ({
  authority: `${oauth.origin}/realm`,
  grant: "client_credentials",
  client: { id: "confidential", secret: oauthClientSecret },
});

describe("$authorization.parameter in the arguments of a call", () => {
  const cases: readonly {
    readonly name: string;
    readonly authentication: () => Json;
    readonly parameter: () => string | undefined;
  }[] = [
    {
      name: "the token of OAuth2",
      authentication: () => ({ oauth2: policy() }),
      parameter: () => oauth.tokens.at(-1),
    },
    {
      name: "the token of OpenID Connect",
      authentication: () => ({ oidc: policy() }),
      parameter: () => oauth.tokens.at(-1),
    },
    {
      name: "basic credentials of a secret",
      authentication: () => ({ basic: { use: "login" } }),
      parameter: () => basic,
    },
    {
      name: "basic credentials with a secret in them",
      authentication: () => ({ basic: { username: "u", password: "${ $secrets.login.password }" } }),
      parameter: () => basic,
    },
  ];

  it.each(cases)("is $name, which never enters the run", async ({ authentication, parameter }) => {
    const ended = await engine.run(
      workflow([
        {
          ask: call(
            authentication(),
            {
              headers: { "x-token": "${ $authorization.parameter }" },
              query: { token: "${ $authorization.parameter }" },
              body: { text: '${ "<\\($authorization.scheme) \\($authorization.parameter)>" }' },
            },
            { output: { as: "${ { answer: ., kept: $authorization } }" } },
          ),
        },
      ]),
      secrets,
    );
    const value = parameter() ?? "";
    expect(value.length).toBeGreaterThan(10);
    const received = peer.received.at(-1);
    const header = received?.headers.authorization ?? "";
    expect(header.endsWith(` ${value}`)).toBe(true);
    expect(received?.headers["x-token"]).toBe(value);
    expect(new URL(received?.url ?? "", peer.origin).searchParams.get("token")).toBe(value);
    expect(JSON.parse(received?.body ?? "")).toEqual({ text: `<${header}>` });
    expect(ended).toMatchObject({ phase: "completed", fault: undefined });
    // The peer gave it back, and the task kept $authorization.
    const text = JSON.stringify(ended.output) + (await engine.history());
    expect(text).toContain("[redacted]");
    expect(text).not.toContain(value);
    expect(text).not.toContain("canary");
  });

  it("that was kept from another call is an authorization fault, and nothing is sent", async () => {
    const { phase, fault } = await engine.run(
      workflow([
        { first: call({ oauth2: policy() }, {}, { export: { as: "${ $authorization.parameter }" } }) },
        { second: call({ oauth2: policy() }, { body: "${ $context }" }) },
      ]),
      secrets,
    );
    expect({ phase, fault, sent: peer.received.length }).toMatchObject({
      phase: "faulted",
      fault: { status: 403, title: "Authorization not available", instance: "/do/1/second" },
      sent: 1,
    });
  });

  it("is null for digest, whose answer follows a challenge", async () => {
    const digest = { digest: { username: "u", password: "pass-0123456789" } };
    const { output } = await engine.run(
      workflow([{ ask: call(digest, { body: "${ $authorization }" }, { output: { as: "${ $authorization }" } }) }]),
    );
    expect(output).toEqual({ scheme: "Digest", parameter: null });
  });

  it("fails as the call would where its token is refused, and nothing is sent", async () => {
    const before = oauth.requests.length;
    const { fault } = await engine.run(
      workflow([
        {
          ask: call(
            { oauth2: { ...policy(), client: { id: "confidential", secret: "wrong-0123456789" } } },
            { body: "${ $authorization.parameter }" },
          ),
        },
      ]),
    );
    expect(fault).toMatchObject({ type: expect.stringMatching(/authentication$/u) as string, status: 401 });
    expect({ asked: oauth.requests.length - before, sent: peer.received.length }).toEqual({ asked: 1, sent: 0 });
  });
});
