import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import { create } from "@bufbuild/protobuf";
import { ExecutionValueSchema } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/spec_pb.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type App, StartError, startApp } from "./app.ts";
import { ConfigError, resolveConfig } from "./config/resolve-config.ts";
import { execution, workflow } from "./resources/testing/definitions.ts";

/* The whole server, its files and its sockets: what leaves it by HTTP, and what starts from its own events. */

const PREFIX = "io.serverlessworkflow.";
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A request that a receiver was sent. */
interface Received {
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

/** A peer on loopback that notes what it is sent and answers with `status`. */
class Receiver {
  readonly requests: Received[] = [];
  status = 202;
  port = 0;
  #server: Server | undefined;
  #waiting: { readonly holds: (all: readonly Received[]) => boolean; readonly done: () => void }[] = [];

  async open(port = 0): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(this.status).end("{}");
        this.#waiting = this.#waiting.filter(({ holds, done }) => {
          if (!holds(this.requests)) return true;
          done();
          return false;
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  until(holds: (all: readonly Received[]) => boolean): Promise<void> {
    return new Promise((done) => {
      if (holds(this.requests)) done();
      else this.#waiting.push({ holds, done });
    });
  }

  get events(): readonly JsonObject[] {
    return this.requests.map(({ body }) => JSON.parse(body) as JsonObject);
  }
}

async function receiver(): Promise<Receiver> {
  const opened = await new Receiver().open();
  cleanups.push(() => opened.close());
  return opened;
}

function folder(): string {
  const data = mkdtempSync(path.join(tmpdir(), "stigmer-events-"));
  cleanups.push(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

async function server(
  flags: { readonly [key: string]: unknown },
  listens = false,
): Promise<{ readonly app: App; readonly client: StigmerClient }> {
  const where = flags["data"] === undefined ? { ephemeral: true } : {};
  const app = await startApp(
    resolveConfig({ flags: { "allow-network": "127.0.0.0/8", "log-level": "silent", ...where, ...flags } }).config,
    listens,
  );
  cleanups.push(() => app.close());
  return { app, client: createStigmerClient(app.inProcess) };
}

function definition(name: string, tasks: string, head = ""): string {
  return `document: {dsl: 1.0.3, namespace: test, name: ${name}, version: 1.0.0}\n${head}do:\n${tasks}`;
}

const GREETING =
  "  - greet: {set: {greeting: hello}}\n  - tell: {emit: {event: {with: {type: com.acme.told, source: /t}}}}\n";

async function apply(client: StigmerClient, name: string, text: string): Promise<string> {
  return (await client.workflow.command.apply(workflow(name, text))).metadata?.id ?? "";
}

async function runToEnd(client: StigmerClient, workflowId: string): Promise<string> {
  const { metadata } = await client.workflowExecution.command.create(execution(workflowId));
  const id = metadata?.id ?? "";
  for await (const _update of client.workflowExecution.query.subscribe({ executionId: id }));
  return id;
}

const typeOf = ({ body }: Received): string => String((JSON.parse(body) as JsonObject)["type"]).replace(PREFIX, "");

describe("events out by HTTP", () => {
  test("reach a sink in structured mode, each once and in the order of the run", async () => {
    const sink = await receiver();
    const { client } = await server({ "event-sinks": `http://127.0.0.1:${sink.port}/in` });
    const id = await runToEnd(client, await apply(client, "greet", definition("greet", GREETING)));
    await sink.until((all) => all.some((one) => typeOf(one) === "workflow.status-changed.v1"));
    const task = ["created", "started", "completed"].flatMap((moment) => [
      `task.${moment}.v1`,
      "task.status-changed.v1",
    ]);
    const ends = ["workflow.completed.v1", "workflow.status-changed.v1"];
    expect(sink.requests.map(typeOf)).toEqual(["com.acme.told", "workflow.started.v1", ...task, ...task, ...ends]);
    expect(sink.requests[0]?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(sink.events.find(({ type }) => type === `${PREFIX}workflow.completed.v1`)).toMatchObject({
      subject: id,
      data: { name: `greet-${id}.test`, outputUri: `/runs/${id}/output` },
    });
    expect(new Set(sink.events.map((event) => event["id"])).size).toBe(sink.requests.length);
  });

  test("reach a sink in binary mode, of the types it wants only", async () => {
    const sink = await receiver();
    const { client } = await server({
      "event-sinks": `http://127.0.0.1:${sink.port}/in#mode=binary&type=${PREFIX}workflow.completed.v1`,
    });
    await runToEnd(client, await apply(client, "greet", definition("greet", GREETING)));
    const second = await runToEnd(client, await apply(client, "greet", definition("greet", GREETING)));
    await sink.until((all) => all.length >= 2);
    const [, last] = sink.requests;
    expect(last?.headers).toMatchObject({
      "ce-type": `${PREFIX}workflow.completed.v1`,
      "ce-subject": second,
      "ce-specversion": "1.0",
      "content-type": "application/json",
    });
    expect(JSON.parse(last?.body ?? "")).toMatchObject({ outputUri: `/runs/${second}/output` });
    expect(sink.requests).toHaveLength(2);
  });

  test("carry the credentials that their sink names, and no answer of the server has them", async () => {
    const sink = await receiver();
    const keyFile = path.join(folder(), "key");
    writeFileSync(keyFile, "key-0123456789\n");
    vi.stubEnv("TEST_SINK_TOKEN", "token-0123456789");
    cleanups.push(() => void vi.unstubAllEnvs());
    const url = `http://127.0.0.1:${sink.port}/in`;
    const options = `type=com.acme.*&token=env:TEST_SINK_TOKEN&header=X-Api-Key:file:${keyFile}`;
    const { app, client } = await server({ port: 0, "event-sinks": `${url}#${options}` }, true);
    const greet = await apply(client, "greet", definition("greet", GREETING));
    await runToEnd(client, greet);
    await sink.until((all) => all.length === 1);
    expect(sink.requests[0]?.headers).toMatchObject({
      authorization: "Bearer token-0123456789",
      "x-api-key": "key-0123456789",
      "content-type": "application/cloudevents+json; charset=utf-8",
    });
    // A file that was replaced counts from the next event on.
    writeFileSync(keyFile, "next-0123456789");
    await runToEnd(client, greet);
    await sink.until((all) => all.length === 2);
    expect(sink.requests[1]?.headers["x-api-key"]).toBe("next-0123456789");
    const metrics = await (await fetch(`http://${app.address}/metrics`)).text();
    const label = `sink="127.0.0.1:${sink.port}"`;
    await expect
      .poll(async () => (await fetch(`http://${app.address}/metrics`)).text())
      .toContain(`queued{${label}} 0`);
    expect(metrics).toContain(`stigmer_event_sink_events_total{${label},outcome="sent"} 2`);
    expect(metrics).not.toContain("0123456789");
  });

  test("say where outputs are to be had, and they are", async () => {
    const sink = await receiver();
    const ends = ["workflow.completed", "task.completed"].map((kind) => `type=${PREFIX}${kind}.v1`).join("&");
    const { app, client } = await server({ port: 0, "event-sinks": `http://127.0.0.1:${sink.port}/in#${ends}` }, true);
    await runToEnd(
      client,
      await apply(client, "big", definition("big", '  - make item: {set: "${ [range(20000)] }"}\n')),
    );
    await sink.until((all) => all.length >= 2);
    for (const { data } of sink.events) {
      const { outputUri, output } = data as { readonly outputUri: string; readonly output?: unknown };
      expect(output).toBeUndefined();
      const response = await fetch(new URL(outputUri, `http://${app.address}`));
      expect({ status: response.status, length: ((await response.json()) as number[]).length }).toEqual({
        status: 200,
        length: 20_000,
      });
    }
    for (const missing of [
      "/runs/none/output",
      "/runs/",
      `/runs/${String(sink.events[0]?.["subject"])}/tasks/no/output`,
    ])
      expect((await fetch(`http://${app.address}${missing}`)).status).toBe(404);
  });

  test("wait for a sink that is down, over a restart of the server", async () => {
    const sink = await receiver();
    const { port } = sink;
    await sink.close();
    const data = folder();
    const settings = { data, "event-sinks": `http://127.0.0.1:${port}/in#type=com.acme.*` };
    const first = await server(settings);
    await runToEnd(first.client, await apply(first.client, "greet", definition("greet", GREETING)));
    await first.app.close();
    await sink.open(port);
    await server(settings);
    await sink.until((all) => all.length >= 1);
    expect(sink.requests.map(typeOf)).toEqual(["com.acme.told"]);
  });

  test("are sent again to a sink that fails, until it takes them", async () => {
    const sink = await receiver();
    sink.status = 503;
    const { client } = await server({ "event-sinks": `http://127.0.0.1:${sink.port}/in#type=com.acme.*` });
    await runToEnd(client, await apply(client, "greet", definition("greet", GREETING)));
    await sink.until((all) => all.length >= 1);
    sink.status = 200;
    await sink.until((all) => all.length >= 2);
    expect(sink.events[1]).toEqual(sink.events[0]);
  });

  const wrong: readonly {
    readonly name: string;
    readonly sinks: string;
    readonly error: unknown;
    readonly text: RegExp;
  }[] = [
    { name: "another scheme", sinks: "ftp://a.example", error: ConfigError, text: /is not http or https URLs/u },
    { name: "credentials", sinks: "https://me:secret@a.example", error: ConfigError, text: /without credentials/u },
    {
      name: "an unknown option",
      sinks: "https://a.example#modus=binary",
      error: ConfigError,
      text: /options mode, type/u,
    },
    { name: "an unknown mode", sinks: "https://a.example#mode=batch", error: ConfigError, text: /options mode, type/u },
    {
      name: "a token as such",
      sinks: "https://a.example#token=abc",
      error: ConfigError,
      text: /#token=\u2026" is not .*token=env:NAME/u,
    },
    { name: "two tokens", sinks: "https://a.example#token=env:A&token=env:B", error: ConfigError, text: /token=env/u },
    {
      name: "a header twice",
      sinks: "https://a.example#token=env:A&header=Authorization:env:B",
      error: ConfigError,
      text: /header=NAME:env/u,
    },
    {
      name: "a header that the events make",
      sinks: "https://a.example#header=ce-id:env:A",
      error: ConfigError,
      text: /header=NAME:env/u,
    },
    {
      name: "a variable that is not set",
      sinks: "http://127.0.0.1:1/in#token=env:TEST_NO_SUCH_TOKEN",
      error: StartError,
      text: /the header authorization comes from the variable TEST_NO_SUCH_TOKEN, which is not set/u,
    },
    {
      name: "a file that is not there",
      sinks: "http://127.0.0.1:1/in#header=x-key:file:/no/such/file",
      error: StartError,
      text: /the header x-key comes from the file "\/no\/such\/file", which is not there/u,
    },
    {
      name: "the same URL twice",
      sinks: "https://a.example,https://a.example#mode=binary",
      error: ConfigError,
      text: /at most once/u,
    },
    {
      name: "an address of the cloud's own",
      sinks: "http://169.254.169.254/in",
      error: StartError,
      text: /Cannot send events to "http:\/\/169\.254\.169\.254\/in"/u,
    },
  ];
  test.each(wrong)("refuse to start with $name", async ({ sinks, error, text }) => {
    const started = server({ "event-sinks": sinks });
    await expect(started).rejects.toThrow(error as never);
    await expect(started).rejects.toThrow(text);
  });
});

describe("schedules on lifecycle events", () => {
  test("start from the runs of others, and neither from their own nor in a circle", async () => {
    const sink = await receiver();
    const { client } = await server({
      "event-sinks": `http://127.0.0.1:${sink.port}/in#type=${PREFIX}workflow.completed.v1`,
    });
    const after = `schedule: {on: {one: {with: {type: ${PREFIX}workflow.completed.v1}}}}\n`;
    const seen = '  - see: {set: "${ {of: $workflow.input[0].data.name} }"}\n';
    await apply(client, "second", definition("second", seen, after));
    await apply(client, "third", definition("third", seen, after));
    const id = await runToEnd(client, await apply(client, "first", definition("first", GREETING)));
    // first -> second -> third and first -> third -> second, and then no more.
    const names = (all: readonly Received[]): string[] =>
      all.map(({ body }) => (JSON.parse(body) as { data: { name: string } }).data.name.split("-", 1)[0] ?? "");
    await sink.until((all) => all.length >= 5);
    await apply(client, "last", definition("last", GREETING.replace("tell", "say")));
    expect(names(sink.requests).toSorted()).toEqual(["first", "second", "second", "third", "third"]);
    const outputs = sink.events.map(({ data }) => (data as { output: { of?: string } }).output.of);
    expect(outputs).toContain(`first-${id}.test`);
  });
});

describe("markers of secrets", () => {
  test("in the input of a run bring no secret to light", async () => {
    const peer = await receiver();
    const { client } = await server({});
    const text = definition(
      "call",
      `  - call: {call: http, with: {method: post, endpoint: 'http://127.0.0.1:${peer.port}/', body: {given: "\${ $workflow.input.message }", own: "\${ $secrets.TOKEN }"}}}\n`,
      "use: {secrets: [TOKEN]}\n",
    );
    const id = await apply(client, "call", text);
    const run = execution(id);
    if (run.spec !== undefined) {
      run.spec.runtimeEnv = { TOKEN: create(ExecutionValueSchema, { value: "t0p-s3cret", isSecret: true }) };
      run.spec.triggerMessage = "\uE000TOKEN\uE001";
    }
    await client.workflowExecution.command.create(run);
    await peer.until((all) => all.length >= 1);
    expect(peer.events).toEqual([{ given: "[redacted]", own: "t0p-s3cret" }]);
  });
});
