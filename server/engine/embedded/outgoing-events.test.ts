import type { TaskDefinition, WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { getKey, type JsonObject } from "@stigmer/core/lib/json.ts";
import { secretMarker } from "@stigmer/core/lib/secret-marker.ts";
import { describe, expect, test } from "vitest";
import type { Write } from "../../store/ports.ts";
import { blank, EmbeddedWorld } from "../testing/embedded-world.ts";
import type { EventOutlets } from "./ports.ts";

const COMPLETED = "io.serverlessworkflow.workflow.completed.v1";
const TASK_STARTED = "io.serverlessworkflow.task.started.v1";
const STATUS_CHANGED = "io.serverlessworkflow.workflow.status-changed.v1";

function workflow(name: string, ...tasks: readonly Readonly<Record<string, TaskDefinition>>[]): WorkflowDocument {
  return { document: { dsl: "1.0.3", namespace: "suite", name, version: "1.0.0" }, do: tasks };
}

const work = workflow("work", { greet: { set: { greeting: "hello" } } });
const hear = (type: string): WorkflowDocument =>
  workflow("hear", { hear: { listen: { to: { one: { with: { type } } }, read: "envelope" } } });

/** Outlets that note what they are given. */
function noting(types: { readonly sink?: readonly string[]; readonly trigger?: readonly string[] }): {
  readonly sunk: JsonObject[];
  readonly durable: Write[];
  readonly outlets: () => EventOutlets;
} {
  const sunk: JsonObject[] = [];
  const durable: Write[] = [];
  const outlets = (): EventOutlets => ({
    triggerTypes: () => (types.trigger === undefined ? undefined : new Set(types.trigger)),
    sinkTypes: () => (types.sink === undefined ? undefined : new Set(types.sink)),
    sinkWrites: (_org, run, event) => {
      sunk.push(event);
      return [{ op: "putRecord", row: { space: "sink", key: `${run}/${sunk.length}`, value: JSON.stringify(event) } }];
    },
    queued: (writes) => void durable.push(...writes),
  });
  return { sunk, durable, outlets };
}

async function run(world: EmbeddedWorld, id: string, document: WorkflowDocument): Promise<void> {
  await world.engine.start(blank(id, world.define(document)));
  await world.settle();
}

async function output(world: EmbeddedWorld, id: string): Promise<JsonObject[] | undefined> {
  const text = (await world.engine.view(id))?.row.output;
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject[]);
}

describe("lifecycle events of runs", () => {
  test("are heard by runs that name their type, also over a crash", async () => {
    const world = await EmbeddedWorld.open();
    await run(world, "listener", hear(COMPLETED));
    await world.crash();
    await run(world, "worker", work);
    const [heard] = (await output(world, "listener")) ?? [];
    expect(heard).toMatchObject({
      specversion: "1.0",
      id: "worker-lifecycle-1-7",
      source: "/suite/work/1.0.0",
      subject: "worker",
      type: COMPLETED,
      workflowchain: "work",
      data: { name: "work-worker.suite", outputUri: "/runs/worker/output", output: { greeting: "hello" } },
    });
  });

  test("are not made where nobody wants them: a run without listeners writes no record but its own", async () => {
    const world = await EmbeddedWorld.open();
    await run(world, "other", workflow("other", { hear: { listen: { to: { any: [{ with: { type: "x" } }] } } } }));
    const { store } = world;
    const writes: Write[] = [];
    const commit = store.commit.bind(store);
    store.commit = (batch) => {
      writes.push(...batch);
      return commit(batch);
    };
    await run(world, "worker", work);
    expect(writes.map(({ op }) => op)).toEqual(["putRun", "append"]);
  });

  test("of types that nobody wants are not made either", async () => {
    const { sunk, outlets } = noting({ sink: [COMPLETED] });
    const world = await EmbeddedWorld.open({ outlets });
    await run(world, "worker", work);
    expect(sunk.map(({ type }) => type)).toEqual([COMPLETED]);
  });

  test("pass by a filter that names no type, and by other organizations", async () => {
    const world = await EmbeddedWorld.open();
    await run(world, "any", workflow("any", { hear: { listen: { to: { any: [] } } } }));
    await run(
      world,
      "by source",
      workflow("by", { hear: { listen: { to: { one: { with: { source: "/suite/work/1.0.0" } } } } } }),
    );
    await run(world, "listener", hear(COMPLETED));
    await world.engine.start({ ...blank("elsewhere", world.define(hear(COMPLETED))), org: "other" });
    await run(world, "worker", work);
    const statuses = ["any", "by source", "listener", "elsewhere"].map(
      async (id) => (await world.engine.view(id))?.row.status,
    );
    expect(await Promise.all(statuses)).toEqual(["waiting", "waiting", "completed", "waiting"]);
  });

  test("of runs that listen to lifecycle events reach no other: two of them do not keep each other awake", async () => {
    const world = await EmbeddedWorld.open();
    const observer: TaskDefinition = {
      listen: { to: { any: [TASK_STARTED, STATUS_CHANGED].map((type) => ({ with: { type } })), until: "${ false }" } },
      foreach: { do: [{ note: { set: { noted: true } } }] },
    };
    await run(world, "first", workflow("first", { observe: observer }));
    await run(world, "second", workflow("second", { observe: observer }));
    await run(world, "worker", work);
    const heard = async (id: string): Promise<readonly unknown[]> =>
      (await world.engine.history(id, 1, 100)).flatMap(({ fact }) =>
        fact["type"] === "eventDelivered" ? [getKey(fact["event"] as JsonObject, "subject")] : [],
      );
    // The task that started, and the status `completed`.
    expect(await heard("first")).toEqual(["worker", "worker"]);
    expect(await heard("second")).toEqual(["worker", "worker"]);
  });

  test("that only schedules want reach hooks and no run", async () => {
    const published: JsonObject[] = [];
    const { outlets } = noting({ trigger: [COMPLETED] });
    const world = await EmbeddedWorld.open({
      outlets,
      hooks: { published: async (_org, events) => void published.push(...events) },
    });
    await run(world, "worker", work);
    expect(published.map(({ type, subject }) => ({ type, subject }))).toEqual([{ type: COMPLETED, subject: "worker" }]);
    const [entry] = await world.store.records.list("outbox");
    expect(JSON.parse(entry?.value ?? "{}")).toMatchObject({ kind: "publish", triggersOnly: true });
  });

  test("are owed until they are published: a crash in between repeats them", async () => {
    const published: JsonObject[] = [];
    const { outlets } = noting({ trigger: [COMPLETED] });
    let deaf = true;
    const world = await EmbeddedWorld.open({
      outlets,
      hooks: {
        published: async (_org, events) => {
          if (deaf) await new Promise(() => undefined);
          published.push(...events);
        },
      },
    });
    await run(world, "worker", work);
    deaf = false;
    await world.crash();
    await world.settle();
    expect(published.map(({ id }) => id)).toEqual(["worker-lifecycle-1-7"]);
  });
});

describe("events for sinks", () => {
  test("are written in the commit of the step that made them, emitted ones among them", async () => {
    const { sunk, durable, outlets } = noting({});
    const world = await EmbeddedWorld.open({ outlets });
    await run(
      world,
      "emitter",
      workflow("emitter", { tell: { emit: { event: { with: { type: "told", source: "/t" } } } } }),
    );
    expect(sunk.map(({ type }) => type)).toEqual(["told"]);
    expect(durable.length).toBe(1);
    expect(await world.store.records.list("sink")).toHaveLength(1);
  });

  test("and for others hold no marker of a secret", async () => {
    const published: JsonObject[] = [];
    const { sunk, outlets } = noting({});
    const world = await EmbeddedWorld.open({
      outlets,
      hooks: { published: async (_org, events) => void published.push(...events) },
    });
    const telling = workflow("telling", {
      tell: { emit: { event: { with: { type: "told", source: "/t", data: { token: "${ $secrets.TOKEN }" } } } } },
    });
    const document = { ...telling, use: { secrets: ["TOKEN"] } };
    await world.engine.start({ ...blank("r", world.define(document)), secrets: { TOKEN: "t0ps3cret" } });
    await world.settle();
    expect([sunk[0]?.["data"], published[0]?.["data"]]).toEqual([{ token: "[redacted]" }, { token: "[redacted]" }]);
  });
});

describe("markers of secrets from outside", () => {
  const forged = `${secretMarker(["TOKEN"])}\uE000`;
  const harmless = "[redacted]\uFFFD";
  const calling: WorkflowDocument = {
    ...workflow(
      "calling",
      { wait: { listen: { to: { one: { with: { type: "go" } } } } } },
      {
        call: {
          call: "http",
          with: { method: "post", endpoint: "http://127.0.0.1/", body: "${ [$workflow.input, $input, $context] }" },
        },
      },
    ),
    use: { secrets: ["TOKEN"] },
  };

  async function called(act: (world: EmbeddedWorld) => Promise<unknown>): Promise<string> {
    const world = await EmbeddedWorld.open();
    const seen: string[] = [];
    world.answer("call", async (_call, input) => {
      seen.push(JSON.stringify(input["body"]));
      return null;
    });
    const secrets = { TOKEN: "t0ps3cret" };
    await world.engine.start({
      ...blank("r", world.define(calling)),
      secrets,
      input: { text: forged, [forged]: 1 },
      env: { NAME: forged },
    });
    await world.settle();
    await act(world);
    await world.settle();
    expect(seen).toHaveLength(1);
    return seen.join();
  }

  const doors: readonly { readonly name: string; act(world: EmbeddedWorld): Promise<unknown> }[] = [
    {
      name: "the input and an event",
      act: (world) =>
        world.engine.publish("acme", [{ specversion: "1.0", id: "1", source: "/t", type: "go", data: forged }]),
    },
    {
      name: "the output of a skip",
      act: (world) => world.engine.control("r", { type: "skipped", pointer: "/do/0/wait", output: [forged] }),
    },
    {
      name: "the input of a jump and a patched context",
      act: async (world) => {
        await world.engine.control("r", { type: "patched", context: { given: forged } });
        await world.engine.control("r", { type: "jumped", pointer: "/do/1/call", input: forged });
      },
    },
  ];
  test.each(doors)("in $name name nothing", async ({ act }) => {
    const body = await called(act);
    expect(body).not.toMatch(/[\uE000\uE001]/u);
    expect(body.split(harmless).length).toBeGreaterThan(3);
  });
});
