import { createContextValues } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { WorkflowCommandController } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/command_pb.ts";
import { ApiError } from "../errors/api-error.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import type { ResourceRow } from "../store/ports.ts";
import { type CallContext, DRY_RUN_HEADER } from "./call-context.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { Pipeline } from "./pipeline.ts";
import { ResourceCounts } from "./resource-counts.ts";
import { UlidSource } from "./resource-id.ts";
import { type PipelineEnvironment, step } from "./step.ts";
import { UnitOfWork, unitOfWorkKey } from "./unit-of-work.ts";

function world(): { readonly environment: PipelineEnvironment; readonly log: string[] } {
  const store = createMemoryStore();
  const log: string[] = [];
  const environment: PipelineEnvironment = {
    store,
    ulids: new UlidSource(
      () => 1,
      (length) => new Uint8Array(length),
    ),
    locks: new KeyedLock(),
    counts: new ResourceCounts(store.resources),
    telemetry: {
      step: (pipeline, name) => ({
        started: () => {
          log.push(`${pipeline}/${name}`);
          return (failure) => void log.push(failure === undefined ? "ok" : "failed");
        },
      }),
    },
    nowMs: () => 1,
  };
  return { environment, log };
}

function callWith(headers: Record<string, string> = {}, values = createContextValues()): CallContext {
  return {
    method: WorkflowCommandController.method.create,
    principal: { kind: "user", id: "ada" },
    signal: new AbortController().signal,
    requestHeader: new Headers(headers),
    headerValue: (name) => new Headers(headers).get(name) ?? undefined,
    values,
  };
}

function row(id: string, slug: string): ResourceRow {
  return {
    kind: "workflow",
    id,
    org: "local",
    slug,
    scope: 2,
    createdAt: 1,
    updatedAt: 1,
    version: 1,
    labels: {},
    data: new Uint8Array(),
  };
}

const parse = step("Parse", [], ({ input }: { readonly input: string }) => ({ number: Number(input) }));
const double = step("Double", [], ({ number }: { readonly number: number }) => ({ doubled: number * 2 }));

describe("Pipeline", () => {
  test("gives each step what the steps before it added, and the response what all added", async () => {
    const { environment, log } = world();
    const handle = Pipeline.start<string>("sum")
      .step(parse)
      .step(double)
      .reply(environment, ({ number, doubled }) => number + doubled);
    expect(await handle("7", callWith())).toBe(21);
    expect(log).toEqual(["sum/Parse", "ok", "sum/Double", "ok"]);
  });

  test("does not compile in a wrong order, with a missing step or on another request", () => {
    // @ts-expect-error Double needs the number that Parse adds
    Pipeline.start<string>("wrong").step(double).step(parse);
    // @ts-expect-error Parse needs a text, the request is a number
    Pipeline.start<number>("wrong").step(parse);
    const short = Pipeline.start<string>("wrong").step(parse);
    // @ts-expect-error the response asks for what no step adds
    short.reply(world().environment, ({ doubled }) => doubled);
    // What is asserted is that the three lines above do not compile; that the last of them runs is no harm.
    expect(short).toBeInstanceOf(Pipeline);
  });

  test("stops at the first error and says in which step, with the message unchanged", async () => {
    const { environment, log } = world();
    const refuse = step("Refuse", [], (): { readonly never: true } => {
      throw new ApiError("ID_REQUIRED", "resource id is required");
    });
    const handle = Pipeline.start<string>("get")
      .step(refuse)
      .step(parse)
      .reply(environment, () => "");
    await expect(handle("7", callWith())).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "resource id is required",
      metadata: { step: "get/Refuse" },
    });
    expect(log).toEqual(["get/Refuse", "failed"]);
  });

  test("passes a fault of ours on as it is", async () => {
    const fault = new TypeError("assertion");
    const broken = step("Broken", [], (): object => {
      throw fault;
    });
    await expect(
      Pipeline.start<string>("x")
        .step(broken)
        .reply(world().environment, () => "")("", callWith()),
    ).rejects.toBe(fault);
  });

  test("writes nothing when a later step refuses", async () => {
    const { environment } = world();
    const stage = step("Stage", [], (_context: object, { unit }) => {
      unit.put(row("wfl-1", "a"), "absent");
      return { staged: true };
    });
    const refuse = step("Refuse", [], (): object => {
      throw new ApiError("REQUEST_INVALID", "no");
    });
    await expect(
      Pipeline.start<string>("x")
        .step(stage)
        .step(refuse)
        .reply(environment, () => "")("", callWith()),
    ).rejects.toThrow("no");
    expect(await environment.store.resources.get("workflow", "wfl-1")).toBeUndefined();
  });

  test("takes part in the unit of the call it is made from, and leaves the commit to it", async () => {
    const { environment } = world();
    const stage = step("Stage", [], async (_context: object, scope) => {
      scope.unit.put(row("wfl-1", "a"), "absent");
      if (scope.ownsUnit) await scope.unit.commit();
      return { owned: scope.ownsUnit };
    });
    const handle = Pipeline.start<string>("x")
      .step(stage)
      .reply(environment, ({ owned }) => owned);
    const outer = new UnitOfWork(environment.store, environment.counts, () => false);
    expect(await handle("", callWith({}, createContextValues().set(unitOfWorkKey, outer)))).toBe(false);
    expect(await environment.store.resources.get("workflow", "wfl-1")).toBeUndefined();
    expect(await outer.bySlug("workflow", "a")).toHaveLength(1);
    await outer.commit();
    expect(await environment.store.resources.get("workflow", "wfl-1")).toMatchObject({ slug: "a" });
  });

  test.each(["yes", "1", "TRUE", ""])("does not take a dry run of %j for a write", async (value) => {
    const { environment } = world();
    const stage = step("Stage", [], async (_context: object, { unit }) => {
      unit.put(row("wfl-1", "a"), "absent");
      await unit.commit();
      return {};
    });
    const handle = Pipeline.start<string>("x")
      .step(stage)
      .reply(environment, () => "");
    await expect(handle("", callWith({ [DRY_RUN_HEADER]: value }))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      violations: [{ field: DRY_RUN_HEADER }],
    });
    expect(await environment.store.resources.get("workflow", "wfl-1")).toBeUndefined();
  });

  test("checks everything and stores nothing in a dry run", async () => {
    const { environment } = world();
    const stage = step("Stage", [], async (_context: object, { unit }) => {
      unit.put(row("wfl-1", "a"), "absent");
      await unit.commit();
      return {};
    });
    await Pipeline.start<string>("x")
      .step(stage)
      .reply(environment, () => "")("", callWith({ [DRY_RUN_HEADER]: "true" }));
    expect(await environment.store.resources.get("workflow", "wfl-1")).toBeUndefined();
  });
});

describe("UnitOfWork", () => {
  const conflicts: readonly {
    readonly name: string;
    readonly second: (unit: UnitOfWork) => void;
    readonly want: object;
  }[] = [
    {
      name: "a taken slug",
      second: (unit) => unit.put(row("wfl-2", "a"), "absent"),
      want: { code: "ALREADY_EXISTS", message: "Workflow with slug 'a' already exists (id: wfl-1)" },
    },
    {
      name: "a taken id",
      second: (unit) => unit.put(row("wfl-1", "b"), "absent"),
      want: { code: "ALREADY_EXISTS", message: "Workflow already exists: wfl-1" },
    },
    {
      name: "another version",
      second: (unit) => unit.put({ ...row("wfl-1", "a"), version: 6 }, 5),
      want: { code: "ABORTED" },
    },
    {
      name: "a missing row",
      second: (unit) => unit.put(row("wfl-9", "z"), "present"),
      want: { code: "NOT_FOUND", message: "Workflow not found: wfl-9" },
    },
    {
      name: "a missing reference",
      second: (unit) => unit.require("workflow", "wfl-9"),
      want: { code: "NOT_FOUND", message: "Workflow not found: wfl-9" },
    },
  ];
  test.each(conflicts)("says $name in the words of the API and writes nothing", async ({ second, want }) => {
    const { environment } = world();
    const first = new UnitOfWork(environment.store, environment.counts, () => false);
    first.put(row("wfl-1", "a"), "absent");
    await first.commit();
    const unit = new UnitOfWork(environment.store, environment.counts, () => false);
    unit.put(row("wfl-5", "free"), "absent");
    second(unit);
    await expect(unit.commit()).rejects.toMatchObject(want);
    expect(await environment.store.resources.get("workflow", "wfl-5")).toBeUndefined();
  });

  test("replaces what was staged before, and keeps what was expected first", async () => {
    const { environment } = world();
    const unit = new UnitOfWork(environment.store, environment.counts, () => false);
    unit.put(row("wfl-1", "a"), "absent");
    unit.put({ ...row("wfl-1", "a"), updatedAt: 5 }, "present");
    await unit.commit();
    expect(await environment.store.resources.get("workflow", "wfl-1")).toMatchObject({ updatedAt: 5 });
  });

  test("forgets counts of parents only once something of theirs is stored", async () => {
    const { environment } = world();
    expect(await environment.counts.of("workflow_instance", "wfl-1")).toBe(0);
    const unit = new UnitOfWork(environment.store, environment.counts, () => false);
    unit.put({ ...row("win-1", "a"), kind: "workflow_instance", parent: "wfl-1" }, "absent");
    await unit.commit();
    expect(await environment.counts.of("workflow_instance", "wfl-1")).toBe(1);
  });
});
