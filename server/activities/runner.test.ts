import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { type Activity, ActivityFault } from "./activity.ts";
import { createRunner } from "./runner.ts";
import { testContext } from "./testing/call.ts";

const logged: string[] = [];
const options = {
  resultBytesMax: 1000,
  log: (message: string, fields: JsonObject) => void logged.push(`${message} ${JSON.stringify(fields)}`),
};
const secrets = { db: { password: "canary-0123456789" }, unused: "other-canary-0123" };

function runner(run: Activity["run"]): ReturnType<typeof createRunner> {
  return createRunner(
    [{ kind: "noop", run }],
    { consume: async (input, _context, deliver) => deliver({ payload: input["echo"] ?? null, headers: {} }) },
    options,
    () => undefined,
  );
}

async function fault(run: Activity["run"], input: JsonObject = {}, signal?: AbortSignal): Promise<unknown> {
  return runner(run)
    .run("noop", input, testContext({ secrets, ...(signal === undefined ? {} : { signal }) }))
    .catch((error: unknown) => (error instanceof ActivityFault ? error.fault : error));
}

describe("createRunner", () => {
  it("puts secrets into arguments, at any depth and in keys, and markers back into results", async () => {
    let seen: Json = null;
    const result = await runner(async (input) => {
      seen = input;
      return { echo: input["a"] ?? null, other: "other-canary-0123" };
    }).run(
      "noop",
      {
        a: ["x \uE000db/password\uE001 y"],
        "\uE000db/password\uE001": 1,
        all: "\uE000db\uE001",
        uri: "http://x/%EE%80%80db%2Fpassword%EE%80%81",
      },
      testContext({ secrets }),
    );
    expect(seen).toEqual({
      a: ["x canary-0123456789 y"],
      "canary-0123456789": 1,
      all: '{"password":"canary-0123456789"}',
      uri: "http://x/canary-0123456789",
    });
    expect(result).toEqual({ echo: ["x \uE000db/password\uE001 y"], other: "\uE000unused\uE001" });
  });

  it("does not take a marker for a secret that the peer forged", async () => {
    expect(await runner(async () => "\uE000db/password\uE001").run("noop", {}, testContext({ secrets }))).toBe(
      "\uFFFDdb/password\uFFFD",
    );
  });

  it("makes an authorization fault of a secret the run does not have", async () => {
    expect(await fault(async () => null, { a: "\uE000nothing\uE001" })).toMatchObject({
      type: "authorization",
      status: 403,
    });
  });

  it("redacts every text of a fault", async () => {
    const text = "canary-0123456789";
    const result = await fault(async () => {
      throw new ActivityFault(standardFault("communication", `t ${text}`, `d ${text}`, { data: { [text]: [text] } }));
    });
    expect(JSON.stringify(result)).not.toContain("canary");
    expect(result).toMatchObject({ type: "communication", status: 500, title: "t \uE000db/password\uE001" });
  });

  it("leaves out the data of a fault that cannot be kept", async () => {
    const result = await fault(async () => {
      throw new ActivityFault(standardFault("communication", "t", "d", { data: "a".repeat(300_000) }));
    });
    expect(result).toEqual({ type: "communication", status: 500, title: "t", detail: "d" });
  });

  it("makes a runtime fault of anything unexpected, and logs it without its text", async () => {
    logged.length = 0;
    const result = await fault(async () => {
      throw new RangeError("oops canary-0123456789");
    });
    expect(result).toMatchObject({
      type: "runtime",
      title: "Activity failed",
      detail: 'Cannot complete activity "noop": oops \uE000db/password\uE001',
    });
    expect(logged).toEqual([
      'activity failed unexpectedly {"kind":"noop","run":"run-1","task":"/do/0/call","error":"RangeError"}',
    ]);
  });

  it("maps errors of connections", async () => {
    const result = await fault(async () => {
      throw Object.assign(new Error("x"), { code: "ECONNRESET" });
    });
    expect(result).toMatchObject({ type: "communication", status: 502, data: { code: "ECONNRESET" } });
  });

  it("tells a stopped activity from a failed one", async () => {
    const result = await fault(
      async () => {
        throw new Error("aborted");
      },
      {},
      AbortSignal.abort(),
    );
    expect(result).toMatchObject({ type: "runtime", title: "Activity stopped" });
  });

  it("refuses results that are too large and kinds it does not have", async () => {
    expect(await fault(async () => "a".repeat(1001))).toMatchObject({ type: "runtime", title: "Unusable result" });
    await expect(runner(async () => null).run("grpc", {}, testContext())).rejects.toMatchObject({
      fault: { type: "configuration" },
    });
  });

  it("redacts messages before they are delivered", async () => {
    const delivered: JsonObject[] = [];
    await runner(async () => null).consume(
      { echo: "\uE000db/password\uE001" },
      testContext({ secrets }),
      async (message) => void delivered.push(message),
    );
    expect(delivered).toEqual([{ payload: "\uE000db/password\uE001", headers: {} }]);
  });
});
