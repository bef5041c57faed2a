import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { describe, expect, test } from "vitest";
import { parseEventSink } from "../../config/event-sink.ts";
import { createMemoryStore, type MemoryStore } from "../../store/memory/memory-store.ts";
import type { SinkPorts } from "./sink-queue.ts";
import { sinkRequest } from "./sink-request.ts";
import { Sinks } from "./sinks.ts";

const URL_ONE = "https://one.example/in";

function event(id: string, type = "com.acme.paid"): JsonObject {
  return { specversion: "1.0", id, source: "/test", type, datacontenttype: "application/json", data: { id } };
}

/** A sink elsewhere, and the sinks of one process after the other on one store. Time passes when told to. */
class World {
  readonly store: MemoryStore = createMemoryStore();
  readonly received: string[] = [];
  readonly warnings: string[] = [];
  /** What the receiver answers next; 204 when it has nothing to say. */
  answer: (id: string) => number | Promise<number> = () => 204;
  sinks: Sinks | undefined;
  readonly #sleeping: (() => void)[] = [];
  #asleep: () => void = () => undefined;
  #waiting: { readonly count: number; readonly done: () => void }[] = [];

  async boot(texts: readonly string[] = [URL_ONE], backlogMax = 100, ports: Partial<SinkPorts> = {}): Promise<Sinks> {
    this.counted = {};
    const parsed = texts.flatMap((text) => parseEventSink(text) ?? []);
    const sinks = new Sinks(
      parsed,
      {
        store: this.store,
        send: async (_url, _headers, body, signal) => {
          const { id } = JSON.parse(String(body)) as { readonly id: string };
          const status = await this.answer(id);
          if (signal.aborted) throw new Error("stopped");
          this.received.push(id);
          this.#waiting = this.#waiting.filter(({ count, done }) => {
            if (this.received.length < count) return true;
            done();
            return false;
          });
          return status;
        },
        later: (_delayMs, task) => {
          this.#sleeping.push(task);
          this.#asleep();
          return () => void this.#sleeping.splice(this.#sleeping.indexOf(task), 1);
        },
        warn: (message) => void this.warnings.push(message),
        meter: {
          event: (host, outcome) => this.#count(`${outcome} ${host}`, 1),
          failed: (host) => this.#count(`failed ${host}`, 1),
          queued: (host, change) => this.#count(`queued ${host}`, change),
        },
        ...ports,
      },
      backlogMax,
    );
    await sinks.load();
    this.sinks = sinks;
    return sinks;
  }

  /** What the engine does: writes in its own commit, then says so. */
  async emit(run: number, ...events: readonly JsonObject[]): Promise<void> {
    const writes = events.flatMap((one) => this.sinks?.writes("acme", run, one) ?? []);
    await this.store.commit(writes);
    this.sinks?.queued(writes);
  }

  /** What was counted; counts begin anew with each process. */
  counted: { [series: string]: number } = {};
  #count(series: string, by: number): void {
    this.counted[series] = (this.counted[series] ?? 0) + by;
  }

  arrived(count: number): Promise<void> {
    return new Promise((done) => {
      if (this.received.length >= count) done();
      else this.#waiting.push({ count, done });
    });
  }

  /** Lets the pause pass that a failure brings, once it has. */
  async pause(): Promise<void> {
    if (this.#sleeping.length === 0) await new Promise<void>((resolve) => (this.#asleep = resolve));
    for (const task of this.#sleeping.splice(0)) task();
  }

  async left(): Promise<number> {
    const spaces = await this.store.records.list("event-sinks");
    const rows = await Promise.all(spaces.map(({ key }) => this.store.records.list(key)));
    return rows.flat().length;
  }
}

describe("Sinks", () => {
  test("send what was committed, and forget it once it is taken", async () => {
    const world = new World();
    (await world.boot()).start();
    await world.emit(1, event("a"), event("b"));
    await world.arrived(2);
    await world.sinks?.stop();
    expect(world.received).toEqual(["a", "b"]);
    expect(await world.left()).toBe(0);
  });

  test("send again after a crash between sending and forgetting, with the same id", async () => {
    const world = new World();
    const stuck: SinkPorts["store"] = {
      ...world.store,
      records: world.store.records,
      // The process dies before this is durable.
      commit: (batch) =>
        batch.some(({ op }) => op === "deleteRecord") ? new Promise(() => undefined) : world.store.commit(batch),
    } as SinkPorts["store"];
    (await world.boot([URL_ONE], 100, { store: stuck })).start();
    await world.emit(1, event("a"));
    await world.arrived(1);
    expect(await world.left()).toBe(1);
    (await world.boot()).start();
    await world.arrived(2);
    await world.sinks?.stop();
    expect(world.received).toEqual(["a", "a"]);
    expect(await world.left()).toBe(0);
  });

  test("keep what a sink that is down does not take, over a restart, and send it in order when it is up", async () => {
    const world = new World();
    world.answer = () => Promise.reject(new Error("connect ECONNREFUSED"));
    (await world.boot()).start();
    await world.emit(1, event("a"), event("b"));
    await world.emit(1, event("c"));
    await world.sinks?.stop();
    expect(world.received).toEqual([]);
    expect(world.warnings).toEqual(["Cannot send events to a sink now"]);
    world.answer = () => 200;
    (await world.boot()).start();
    await world.arrived(3);
    expect(world.received).toEqual(["a", "b", "c"]);
  });

  test("pause after a failure and go on by themselves", async () => {
    const world = new World();
    const statuses = [503, 503, 200, 200];
    world.answer = () => statuses.shift() ?? 200;
    (await world.boot()).start();
    await world.emit(1, event("a"), event("b"));
    await world.arrived(1);
    await world.pause();
    await world.arrived(2);
    await world.pause();
    await world.arrived(4);
    expect(world.received).toEqual(["a", "a", "a", "b"]);
  });

  test("keep the order of each run while runs go side by side", async () => {
    const world = new World();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    world.answer = async (id) => {
      if (id === "slow-1") await held;
      return 200;
    };
    (await world.boot()).start();
    await world.emit(1, event("slow-1"), event("slow-2"));
    await world.emit(2, event("quick-1"), event("quick-2"));
    await world.arrived(2);
    expect(world.received).toEqual(["quick-1", "quick-2"]);
    release();
    await world.arrived(4);
    expect(world.received.slice(2)).toEqual(["slow-1", "slow-2"]);
  });

  test("do not ask again what is refused as such, and tell of it", async () => {
    const world = new World();
    world.answer = (id) => (id === "a" ? 422 : 200);
    (await world.boot()).start();
    await world.emit(1, event("a"), event("b"));
    await world.arrived(2);
    await world.sinks?.stop();
    expect({ received: world.received, warnings: world.warnings, left: await world.left() }).toEqual({
      received: ["a", "b"],
      warnings: ["A sink refused an event"],
      left: 0,
    });
  });

  test("bound what waits, and tell once that events are lost", async () => {
    const world = new World();
    await world.boot([URL_ONE], 2);
    await world.emit(1, event("a"));
    await world.emit(1, event("b"));
    await world.emit(1, event("c"));
    await world.emit(1, event("d"));
    expect({ left: await world.left(), warnings: world.warnings.length }).toEqual({ left: 2, warnings: 1 });
  });

  test("take only the types and the organization they are for", async () => {
    const world = new World();
    const sinks = await world.boot([`${URL_ONE}#type=com.acme.*&type=exact`, "https://two.example#org=other"]);
    const takes = (org: string, type: string): number => sinks.writes(org, 1, event("x", type)).length;
    expect([
      takes("acme", "com.acme.paid"),
      takes("acme", "exact"),
      takes("acme", "exacts"),
      takes("other", "exacts"),
    ]).toEqual([1, 1, 0, 1]);
    expect(sinks.lifecycleTypes("acme")).toBeUndefined();
    expect(sinks.lifecycleTypes("other")?.size).toBe(18);
  });

  test("count what was sent, refused, dropped and failed, and what waits, over a restart", async () => {
    const world = new World();
    const host = "one.example";
    await world.boot([`${URL_ONE}?key=secret`], 3);
    expect(world.counted).toEqual({ [`queued ${host}`]: 0 });
    await world.emit(1, event("a"), event("b"), event("c"));
    await world.emit(1, event("d"));
    expect(world.counted).toEqual({ [`queued ${host}`]: 3, [`dropped ${host}`]: 1 });
    const statuses = [200, 503, 422, 200];
    world.answer = () => statuses.shift() ?? 200;
    (await world.boot([`${URL_ONE}?key=secret`], 3)).start();
    await world.arrived(2);
    await world.pause();
    await world.arrived(4);
    await world.sinks?.stop();
    expect(world.counted).toEqual({
      [`queued ${host}`]: 0,
      [`sent ${host}`]: 2,
      [`failed ${host}`]: 1,
      [`refused ${host}`]: 1,
    });
  });

  test("drop what was left for a sink that is no longer configured", async () => {
    const world = new World();
    await world.boot();
    await world.emit(1, event("a"));
    await world.boot(["https://two.example"]);
    expect({ left: await world.left(), warnings: world.warnings }).toEqual({
      left: 0,
      warnings: ["Events for a sink that is no longer configured are dropped"],
    });
    await world.boot();
    expect(await world.left()).toBe(0);
  });
});

describe("sinkRequest", () => {
  test("structured is the event as JSON", () => {
    const { headers, body } = sinkRequest(event("1"), "structured");
    expect(headers).toEqual({ "content-type": "application/cloudevents+json; charset=utf-8" });
    expect(JSON.parse(String(body))).toEqual(event("1"));
  });

  const table: readonly {
    readonly name: string;
    readonly event: JsonObject;
    readonly headers: Record<string, string>;
    readonly body: string;
  }[] = [
    {
      name: "JSON data",
      event: event("1"),
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "/test",
        "ce-type": "com.acme.paid",
        "content-type": "application/json",
      },
      body: '{"id":"1"}',
    },
    {
      name: "a text that is no JSON",
      event: { id: "1", datacontenttype: "text/plain", data: "hé" },
      headers: { "ce-id": "1", "content-type": "text/plain" },
      body: "hé",
    },
    {
      name: "bytes",
      event: { id: "1", datacontenttype: "image/png", data_base64: "aGk=" },
      headers: { "ce-id": "1", "content-type": "image/png" },
      body: "hi",
    },
    { name: "no data", event: { id: "1" }, headers: { "ce-id": "1" }, body: "" },
    {
      name: "attributes beyond ASCII",
      event: { id: 'a b"%\u20AC\r\n', count: 3, on: true, data: 1 },
      headers: {
        "ce-id": "a%20b%22%25%E2%82%AC%0D%0A",
        "ce-count": "3",
        "ce-on": "true",
        "content-type": "application/json",
      },
      body: "1",
    },
  ];
  test.each(table)("binary: $name", ({ event: given, headers, body }) => {
    const request = sinkRequest(given, "binary");
    expect({ headers: request.headers, body: Buffer.from(request.body).toString() }).toEqual({ headers, body });
  });
});
