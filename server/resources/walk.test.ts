import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { DescMethod, Message } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApiError } from "../errors/api-error.ts";
import { documentedCodes } from "./documented-codes.ts";
import { execution, environment, listeningDefinition, workflow, agent } from "./testing/definitions.ts";
import { messageArbitrary } from "./testing/message-arbitrary.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

/*
 * Every rpc with messages made of its descriptor. Whatever comes, the answer is a response or one of the codes that are documented for it, and the server lives on. CI sets WALK_REQUESTS and WALK_SHARD.
 */
const REQUESTS = Number(process.env["WALK_REQUESTS"] ?? 20_500);
const SEED = Number(process.env["WALK_SEED"] ?? 20_261_123);
const [SHARD = 0, SHARDS = 1] = (process.env["WALK_SHARD"] ?? "0/1").split("/").map(Number);
const STREAM_MESSAGES_MAX = 2;
/** What the walk may leave in memory, the resources it makes included: they live in a store in memory. */
const HEAP_GROWTH_MAX = 256 * 2 ** 20;

const codesOf = documentedCodes();
/** What docs/reference/api.md says that a method may answer; of the general codes only the one that a message can bring about. */
const isDocumented = (method: DescMethod, code: string): boolean =>
  code === "RESOURCE_EXHAUSTED" || (codesOf(method) as readonly string[]).includes(code);

/** Methods that answer when a run has ended, which an open one may never do. */
const waiting = new Set(["run", "awaitEnd"]);

describe("every rpc, walked with generated messages", () => {
  let world: ResourceWorld;
  let known: readonly string[] = [];
  beforeAll(async () => {
    world = await openResourceWorld();
    const { client } = world;
    const flow = await client.workflow.command.create(workflow("walk"));
    const waiting = await client.workflow.command.create(workflow("walk waiting", listeningDefinition()));
    const run = await client.workflowExecution.command.create(execution(flow.metadata?.id ?? ""));
    const open = await client.workflowExecution.command.create(execution(waiting.metadata?.id ?? ""));
    const env = await client.environment.command.create(environment("walk", { A: "1" }, { B: "canary-in-walk" }));
    const helper = await client.agent.command.create(agent("walk"));
    known = [flow, waiting, run, open, env, helper].flatMap(({ metadata }) => [
      metadata?.id ?? "",
      metadata?.slug ?? "",
    ]);
    known = [
      ...known,
      flow.status?.defaultInstanceId ?? "",
      flow.status?.definitionDigest ?? "",
      "/do/0/hear",
      "/do/0/greet",
    ];
  });
  afterAll(() => world.close());

  test("answers with a response or a documented code", async () => {
    const methods = [...world.transport.registry.methods].filter(({ method }) =>
      method.parent.typeName.startsWith("ai.stigmer."),
    );
    const mine = methods.filter((_, index) => index % SHARDS === SHARD);
    const perMethod = Math.ceil(REQUESTS / methods.length);
    const codes = new Map<string, number>();
    const heapBefore = liveHeapBytes();
    for (const { method } of mine) {
      const property = fc.asyncProperty(messageArbitrary(method.input, known), async (message) => {
        const code = await call(world, method, message);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      });
      await fc.assert(property, { numRuns: perMethod, seed: SEED, endOnFailure: true });
    }
    const total = [...codes.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(perMethod * mine.length);
    expect((await world.client.server.service.info({})).ready).toBe(true);
    expect(liveHeapBytes() - heapBefore).toBeLessThan(HEAP_GROWTH_MAX);
    if (process.env["WALK_REPORT"] !== undefined)
      console.log(Object.fromEntries(codes), `rss ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
  }, 600_000);
});

/** Bytes of the heap that are in use after garbage was collected. */
function liveHeapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Calls a method as a client in the process does. Throws for anything a caller must never see. */
async function call(world: ResourceWorld, method: DescMethod, message: Message): Promise<string> {
  try {
    if (method.methodKind === "unary") {
      const timeoutMs = waiting.has(method.name) ? 20 : undefined;
      await world.transport.inProcess.unary(method as never, undefined, timeoutMs, undefined, message as never);
      return "OK";
    }
    const abort = new AbortController();
    const input = (async function* () {
      yield message as never;
    })();
    const stream = await world.transport.inProcess.stream(
      method as never,
      abort.signal,
      undefined,
      undefined,
      input as never,
      createContextValues(),
    );
    let seen = 0;
    const iterator = stream.message[Symbol.asyncIterator]();
    for (;;) {
      // A stream of an open run gives its present state and then waits: one message is answer enough.
      const next = await iterator.next();
      seen += 1;
      if (next.done === true || seen >= 1) break;
      if (seen >= STREAM_MESSAGES_MAX) break;
    }
    abort.abort();
    return "OK";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "DEADLINE_EXCEEDED" && waiting.has(method.name)) return error.code;
    if (error.code === "INTERNAL") throw error.cause ?? error;
    expect(
      isDocumented(method, error.code),
      `${method.parent.typeName}/${method.name}: ${error.code} ${error.message}`,
    ).toBe(true);
    expect(error.message.length).toBeGreaterThan(0);
    return error.code;
  }
}
