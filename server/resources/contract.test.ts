import type { DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { status as GrpcStatus } from "@grpc/grpc-js";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { services } from "@stigmer/api/services.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApiError } from "../errors/api-error.ts";
import { documentedCodes } from "./documented-codes.ts";
import { createGrpcJsTransport } from "./testing/grpc-js-transport.ts";
import type { ContractRow } from "./testing/contract/contract-row.ts";
import { workflowRows } from "./testing/contract/workflow-rows.ts";
import { workflowInstanceRows } from "./testing/contract/workflow-instance-rows.ts";
import { workflowExecutionRows } from "./testing/contract/workflow-execution-rows.ts";
import { environmentRows } from "./testing/contract/environment-rows.ts";
import { executionContextRows } from "./testing/contract/execution-context-rows.ts";
import { agentRows } from "./testing/contract/agent-rows.ts";
import { agentInstanceRows } from "./testing/contract/agent-instance-rows.ts";
import { eventRows } from "./testing/contract/event-rows.ts";
import { serverRows } from "./testing/contract/server-rows.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

/*
 * One row for each rpc and code it can answer with, in process and over the wire with grpc-js. Each row stands for itself: it makes what it needs under names of its own.
 */

/** By kind of resource, in the tables of testing/contract. */
const rows: readonly ContractRow[] = [
  ...workflowRows,
  ...workflowInstanceRows,
  ...workflowExecutionRows,
  ...environmentRows,
  ...executionContextRows,
  ...agentRows,
  ...agentInstanceRows,
  ...eventRows,
  ...serverRows,
];

let world: ResourceWorld;
let wire: ReturnType<typeof createGrpcJsTransport>;
/** What was answered over the wire, as `<service>/<method> <code>`. */
const answered = new Set<string>();
const pathOf = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;
const note = (method: DescMethod, error: unknown): void =>
  void answered.add(`${pathOf(method)} ${GrpcStatus[(error as { code?: number }).code ?? 0] ?? ""}`);

/** Notes down what a transport answers. */
function noting(transport: Transport): Transport {
  return {
    unary: async (method, ...rest) => {
      const answer = transport.unary(method, ...rest);
      answer.then(
        () => note(method, {}),
        (error: unknown) => note(method, error),
      );
      return answer;
    },
    stream: async (method, ...rest) => {
      const answer = await transport.stream(method, ...rest);
      const messages = answer.message;
      const message = (async function* () {
        try {
          yield* messages;
          note(method, {});
        } catch (error) {
          note(method, error);
          throw error;
        }
      })();
      return { ...answer, message };
    },
  };
}

beforeAll(async () => {
  world = await openResourceWorld();
  const { port } = await world.transport.listen("127.0.0.1", 0);
  wire = createGrpcJsTransport(`127.0.0.1:${port}`);
});
afterAll(async () => {
  wire.close();
  await world.close();
});

describe.each(["in process", "over the wire with grpc-js"])("the contract, %s", (how) => {
  test.each(
    rows.map((row, index) => [`${row.rpc}: ${row.code} ${row.text?.source ?? ""} #${index}`, row, index] as const),
  )("%s", async (_name, row, index) => {
    const client = how === "in process" ? world.client : createStigmerClient(noting(wire));
    const answer = await answerOf(row.call(client, `${how === "in process" ? "p" : "w"}${index}`, world));
    expect(answer).toMatchObject({ code: row.code });
    if (row.text !== undefined) expect(answer.message).toMatch(row.text);
  });
});

/** Codes that rows of every-rpc.test.ts ask of every unary rpc. */
const ASKED_OF_EVERY_RPC = ["INVALID_ARGUMENT"];

describe("the codes that docs/reference/api.md has", () => {
  const codesOf = documentedCodes();
  const methods: readonly DescMethod[] = Object.values(services)
    .flatMap((kind) => Object.values(kind))
    .flatMap((service) => service.methods);

  test("have each a row that is answered with it", () => {
    const missing = methods.flatMap((method) =>
      codesOf(method)
        .filter((code) => !(method.methodKind === "unary" && ASKED_OF_EVERY_RPC.includes(code)))
        .map((code) => `${pathOf(method)} ${code}`)
        .filter((row) => !answered.has(row)),
    );
    expect(missing).toEqual([]);
  });

  test("are all that is answered", () => {
    const documented = new Set(
      methods.flatMap((method) => ["OK", ...codesOf(method)].map((code) => `${pathOf(method)} ${code}`)),
    );
    expect([...answered].filter((row) => !documented.has(row))).toEqual([]);
  });
});

/** The code and text a caller sees, whichever client it has. Errors of assertions inside a row come through. */
async function answerOf(call: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await call;
    return { code: "OK", message: "" };
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, message: error.message };
    const { code, details } = error as { code?: unknown; details?: unknown };
    if (typeof code !== "number" || typeof details !== "string") throw error;
    return { code: GrpcStatus[code] ?? String(code), message: details };
  }
}
