import { gzipSync } from "node:zlib";
import { create, type DescMethod, toBinary } from "@bufbuild/protobuf";
import { StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { services } from "@stigmer/api/services.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execution, workflow } from "./testing/definitions.ts";
import { rawCall, type RawProtocol } from "./testing/raw-call.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

/*
 * Tables made from the descriptors: every rpc of the API, over the wire, with what no rpc may take. Who adds an rpc has its rows here without writing any.
 */

let world: ResourceWorld;
let port = 0;
let workflowId = "";
beforeAll(async () => {
  world = await openResourceWorld();
  workflowId = (await world.client.workflow.command.create(workflow("bad input"))).metadata?.id ?? "";
  ({ port } = await world.transport.listen("127.0.0.1", 0));
});
afterAll(() => world.close());

const methods: readonly DescMethod[] = Object.values(services)
  .flatMap((kind) => Object.values(kind))
  .flatMap((service) => service.methods)
  .filter((method) => method.methodKind === "unary");
const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;
const rows = methods.map((method) => [pathOf(method), method] as const);

/** Rpcs that an empty request asks something of. */
const TAKES_NOTHING = /\/(list|find|info)$/u;
/** Rpcs that this server has no handler for, and a server in memory no use for. */
const UNIMPLEMENTED = /ServerService\/backup$/u;

/** Rpcs for which an id that nothing has is an empty list, and those that want more than an id. */
const EMPTY_LIST = /\/(list|listByWorkflow|getByWorkflow)$/u;
const WANTS_MORE = /\/(updateStatus|goto|patchContext|skip)$/u;

const LARGE = Buffer.alloc(5_000_000, "x");
const BOMB = gzipSync(Buffer.alloc(50_000_000, 0x20));

describe.each(rows)("%s", (path, method) => {
  test.each<RawProtocol>(["gRPC", "gRPC-Web", "Connect proto"])("%s: bytes that are no message", async (protocol) => {
    const answer = await rawCall(port, path, protocol, Buffer.from([0x0a, 0x7f, 0x01]));
    expect(answer).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("Cannot read the request"),
    });
  });

  test("Connect JSON: text that is cut off", async () => {
    expect(await rawCall(port, path, "Connect JSON", Buffer.from('{"'))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("Cannot read the request"),
    });
  });

  test("gRPC: a message that is beyond the limit once it is inflated", async () => {
    expect(await rawCall(port, path, "gRPC", BOMB, true)).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: expect.stringContaining("4194304"),
    });
  });

  test("gRPC: an empty message", async () => {
    const { code } = await rawCall(port, path, "gRPC", new Uint8Array());
    expect(code).toBe(
      UNIMPLEMENTED.test(path) ? "UNIMPLEMENTED" : TAKES_NOTHING.test(path) ? "OK" : "INVALID_ARGUMENT",
    );
  });

  const idField = method.input.fields.find(
    ({ name, scalar }) => scalar !== undefined && /^(value|execution_id|workflow_id|id)$/u.test(name),
  );
  if (idField === undefined) return;
  test("gRPC: an id that nothing has", async () => {
    const message = create(method.input, { [idField.localName]: "wfl-01arz3ndektsv4rrffq69g5fav" });
    const { code } = await rawCall(port, path, "gRPC", toBinary(method.input, message));
    expect(code).toBe(EMPTY_LIST.test(path) ? "OK" : WANTS_MORE.test(path) ? "INVALID_ARGUMENT" : "NOT_FOUND");
  });
});

describe("bad input, in every protocol", () => {
  const CREATE = "/ai.stigmer.agentic.workflowexecution.v1.WorkflowExecutionCommandController/create";
  const SUBSCRIBE = "/ai.stigmer.agentic.workflowexecution.v1.WorkflowExecutionQueryController/subscribe";
  const json = (name: string, input: string): Buffer =>
    Buffer.from(
      `{"apiVersion":"agentic.stigmer.ai/v1","kind":"WorkflowExecution","metadata":{"name":${name},"ownerScope":"organization"},"spec":{"workflowId":"${workflowId}","input":${input}}}`,
    );
  const binary = (name: string, input: unknown): Buffer => {
    const run = execution(workflowId, name);
    if (run.spec !== undefined) run.spec.input = input as never;
    return Buffer.from(toBinary(WorkflowExecutionSchema, run));
  };
  const value = (kind: object): unknown => create(ValueSchema, { kind } as never);
  const nested = (levels: number): unknown =>
    levels === 0
      ? value({ case: "boolValue", value: true })
      : value({ case: "listValue", value: { values: [nested(levels - 1)] } });
  const broken = (): Buffer => {
    const bytes = binary("NAME", value({ case: "nullValue", value: 0 }));
    bytes[bytes.indexOf("NAME")] = 0xff;
    return bytes;
  };
  const BINARY = ["gRPC", "gRPC-Web", "Connect proto"] as const;
  const JSON_FORMS = ["Connect JSON", "gRPC-Web JSON"] as const;
  const deepText = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

  const inputs: readonly {
    readonly name: string;
    readonly protocols: readonly RawProtocol[];
    readonly bytes: () => Uint8Array;
    readonly isCompressed?: boolean;
    readonly code?: string;
    readonly text: RegExp;
  }[] = [
    { name: "NUL in a name", protocols: BINARY, bytes: () => binary("\0", undefined), text: /name/u },
    { name: "NUL in a name", protocols: JSON_FORMS, bytes: () => json('"\\u0000"', "1"), text: /name/u },
    { name: "broken UTF-8", protocols: BINARY, bytes: broken, text: /Cannot read the request/u },
    { name: "half a surrogate pair", protocols: JSON_FORMS, bytes: () => json('"x"', '"\\ud800"'), text: /surrogate/u },
    { name: "1e999", protocols: JSON_FORMS, bytes: () => json('"x"', "1e999"), text: /number/u },
    {
      name: "infinity",
      protocols: BINARY,
      bytes: () => binary("x", value({ case: "numberValue", value: Number.POSITIVE_INFINITY })),
      text: /^spec\.input: is not a finite number/u,
    },
    { name: "nesting of 70", protocols: BINARY, bytes: () => binary("x", nested(70)), text: /nested deeper than 64/u },
    {
      name: "nesting of 70",
      protocols: JSON_FORMS,
      bytes: () => json('"x"', deepText(70)),
      text: /nested deeper than 64/u,
    },
    {
      name: "nesting of 5,000",
      protocols: JSON_FORMS,
      bytes: () => json('"x"', deepText(5000)),
      text: /nest|recursion/u,
    },
    {
      name: "5 MB",
      protocols: [...BINARY, ...JSON_FORMS],
      bytes: () => LARGE,
      code: "RESOURCE_EXHAUSTED",
      text: /4194304/u,
    },
    {
      name: "a bomb of 50 MB in 50 kB",
      protocols: [...BINARY, ...JSON_FORMS],
      bytes: () => BOMB,
      isCompressed: true,
      code: "RESOURCE_EXHAUSTED",
      text: /4194304/u,
    },
    {
      name: "gzip that is none",
      protocols: BINARY,
      bytes: () => LARGE.subarray(0, 99),
      isCompressed: true,
      text: /./u,
    },
    { name: "no body", protocols: JSON_FORMS, bytes: () => new Uint8Array(), text: /read the request|decode message/u },
  ];
  const table = inputs.flatMap(({ protocols, ...input }) =>
    protocols.map((protocol) => [`${protocol}: ${input.name}`, protocol, input] as const),
  );
  test.each(table)("%s", async (_name, protocol, { bytes, isCompressed = false, code = "INVALID_ARGUMENT", text }) => {
    const answer = await rawCall(port, CREATE, protocol, bytes(), isCompressed);
    expect(answer).toMatchObject({ code, message: expect.stringMatching(text) });
    expect((await world.store.runs.list({ limit: 1 })).rows).toEqual([]);
  });

  test.each(["gRPC", "gRPC-Web"] as const)(
    "%s: a stream is not asked for by bytes that are no message",
    async (protocol) => {
      expect(await rawCall(port, SUBSCRIBE, protocol, Buffer.from([0x0a, 0x7f]))).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("Cannot read the request"),
      });
    },
  );

  test.each(["gRPC", "gRPC-Web"] as const)(
    "%s: the text of a refused stream arrives as it was written",
    async (protocol) => {
      const message = toBinary(StructSchema, create(StructSchema));
      expect(await rawCall(port, SUBSCRIBE, protocol, message)).toMatchObject({ code: "INVALID_ARGUMENT" });
      const unknown = Buffer.from(["\n\x05wex-x"][0] ?? "", "latin1");
      expect(await rawCall(port, SUBSCRIBE, protocol, unknown)).toEqual({
        code: "NOT_FOUND",
        message: "WorkflowExecution not found: wex-x",
      });
    },
  );
});
