import { create } from "@bufbuild/protobuf";
import { type WorkflowSpec, WorkflowSpecSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import { WorkflowTaskKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { describe, expect, test } from "vitest";
import { documentOfTasks } from "./document-of-tasks.ts";

interface Task {
  readonly name: string;
  readonly kind: WorkflowTaskKind;
  readonly taskConfig: object;
  readonly export?: { readonly as: string };
  readonly flow?: { readonly then: string };
}

function spec(...tasks: readonly Task[]): WorkflowSpec {
  return create(WorkflowSpecSchema, {
    document: { dsl: "1.0.0", namespace: "team", name: "flow", version: "0.1.0" },
    tasks: tasks.map((task) => ({ ...task, taskConfig: task.taskConfig as never })),
  });
}

const K = WorkflowTaskKind;
const set = { name: "s", kind: "WORKFLOW_TASK_KIND_SET", taskConfig: { variables: { a: "1" } } };
const setDsl = { s: { set: { a: "1" } } };

const table: readonly { readonly name: string; readonly task: Omit<Task, "name">; readonly want: object }[] = [
  {
    name: "SET",
    task: { kind: K.SET, taskConfig: { variables: { a: "x", b: "${ .y }" } } },
    want: { set: { a: "x", b: "${ .y }" } },
  },
  {
    name: "HTTP_CALL with a timeout",
    task: {
      kind: K.HTTP_CALL,
      taskConfig: {
        method: "POST",
        endpoint: { uri: "https://example.com/a" },
        headers: { h: "Bearer ${.secrets.KEY}" },
        body: { n: 1 },
        timeout_seconds: 30,
      },
    },
    want: {
      call: "http",
      with: {
        method: "POST",
        endpoint: { uri: "https://example.com/a" },
        headers: { h: "Bearer ${$secrets.KEY}" },
        body: { n: 1 },
      },
      timeout: { after: { seconds: 30 } },
    },
  },
  {
    name: "HTTP_CALL without one",
    task: { kind: K.HTTP_CALL, taskConfig: { method: "GET", endpoint: { uri: "https://example.com/a" } } },
    want: { call: "http", with: { method: "GET", endpoint: { uri: "https://example.com/a" } } },
  },
  {
    name: "SWITCH with a folded condition and a default",
    task: {
      kind: K.SWITCH,
      taskConfig: {
        cases: [
          { name: "closed", when: '${ $context["t"].state } == "closed"', then: "end" },
          { name: "other", then: "exit" },
        ],
      },
    },
    want: {
      switch: [
        { closed: { when: '${ ( $context["t"].state ) == "closed" }', then: "end" } },
        { other: { then: "exit" } },
      ],
    },
  },
  {
    name: "FOR with nested tasks",
    task: {
      kind: K.FOR,
      taskConfig: {
        each: "commit",
        in: '${ $context["list"] }',
        do: [
          {
            name: "s",
            kind: "WORKFLOW_TASK_KIND_SET",
            task_config: { variables: { sha: "${.commit.sha}", it: "${.item.sha}" } },
          },
        ],
      },
    },
    want: {
      for: { each: "commit", in: '${ $context["list"] }' },
      do: [{ s: { set: { sha: "${$commit.sha}", it: "${$commit.sha}" } } }],
    },
  },
  {
    name: "FORK, whose output is an object by branch",
    task: {
      kind: K.FORK,
      taskConfig: {
        branches: [
          { name: "a", do: [set] },
          { name: "b-2", do: [set] },
        ],
      },
    },
    want: {
      fork: { compete: false, branches: [{ a: { do: [setDsl] } }, { "b-2": { do: [setDsl] } }] },
      output: { as: '${ {"a": .[0], "b-2": .[1]} }' },
    },
  },
  {
    name: "FORK that competes, and one branch",
    task: { kind: K.FORK, taskConfig: { compete: true, branches: [{ name: "a", do: [set] }] } },
    want: { fork: { compete: true, branches: [{ a: { do: [setDsl] } }] } },
  },
  {
    name: "TRY with a handler",
    task: {
      kind: K.TRY,
      taskConfig: {
        try: [set],
        catch: {
          as: "problem",
          do: [{ ...set, taskConfig: { variables: { why: "${.problem.message}", e: "${.error.message}" } } }],
        },
      },
    },
    want: {
      try: [setDsl],
      catch: {
        as: "problem",
        do: [{ s: { set: { why: "${$problem.message}", e: "${($problem.detail // $problem.title)}" } } }],
      },
    },
  },
  {
    name: "TRY without catch, which catches nothing",
    task: { kind: K.TRY, taskConfig: { try: [set] } },
    want: { do: [setDsl] },
  },
  {
    name: "LISTEN to one signal",
    task: { kind: K.LISTEN, taskConfig: { to: { mode: "one", signals: [{ id: "go", type: "signal" }] } } },
    want: { listen: { to: { one: { with: { id: "go", type: "signal" } } } } },
  },
  {
    name: "LISTEN to any of two",
    task: {
      kind: K.LISTEN,
      taskConfig: {
        to: {
          mode: "one",
          signals: [
            { id: "a", type: "signal" },
            { id: "b", type: "update" },
          ],
        },
      },
    },
    want: { listen: { to: { any: [{ with: { id: "a", type: "signal" } }, { with: { id: "b", type: "update" } }] } } },
  },
  {
    name: "LISTEN to all",
    task: { kind: K.LISTEN, taskConfig: { to: { mode: "all", signals: [{ id: "a", type: "signal" }] } } },
    want: { listen: { to: { all: [{ with: { id: "a", type: "signal" } }] } } },
  },
  { name: "WAIT", task: { kind: K.WAIT, taskConfig: { seconds: 5 } }, want: { wait: { seconds: 5 } } },
  {
    name: "RAISE of a standard error",
    task: { kind: K.RAISE, taskConfig: { error: "timeout", message: "took ${ .x }" } },
    want: {
      raise: {
        error: {
          type: "https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
          status: 408,
          title: "timeout",
          detail: "took ${ .x }",
        },
      },
    },
  },
  {
    name: "RAISE of an own error without message",
    task: { kind: K.RAISE, taskConfig: { error: "Out of stock" } },
    want: { raise: { error: { type: "urn:stigmer:error:Out%20of%20stock", status: 500, title: "Out of stock" } } },
  },
  {
    name: "RUN of a slug",
    task: { kind: K.RUN, taskConfig: { workflow: "other", input: { a: 1 } } },
    want: { run: { workflow: { namespace: "team", name: "other", version: "latest", input: { a: 1 } } } },
  },
  {
    name: "RUN of a namespace, name and version",
    task: { kind: K.RUN, taskConfig: { workflow: "ops/other@1.2.3" } },
    want: { run: { workflow: { namespace: "ops", name: "other", version: "1.2.3" } } },
  },
  {
    name: "export under the task's name, and then",
    task: { kind: K.SET, taskConfig: { variables: { a: "1" } }, export: { as: "${.}" }, flow: { then: "end" } },
    want: { set: { a: "1" }, export: { as: '${ $context + {"t": (.)} }' }, then: "end" },
  },
];

describe("convertTasks", () => {
  test.each(table)("converts $name, to a document that is valid", ({ task, want }) => {
    const document = documentOfTasks(spec({ name: "t", ...task }));
    expect((document["do"] as JsonObject[])[0]).toEqual({ t: want });
    expect(loadWorkflow(JSON.stringify(document)).diagnostics.filter(({ severity }) => severity === "error")).toEqual(
      [],
    );
  });

  test("declares the secrets that tasks use", () => {
    const document = documentOfTasks(
      spec({ name: "t", kind: K.SET, taskConfig: { variables: { a: "${.secrets.B_KEY}${.secrets.A_KEY}" } } }),
    );
    expect(document["use"]).toEqual({ secrets: ["A_KEY", "B_KEY"] });
  });

  test("keeps the results of branches for those who ask for them", () => {
    const fork: Task = { name: "f", kind: K.FORK, taskConfig: { branches: [{ name: "b", do: [set] }] } };
    const asks: Task = { name: "t", kind: K.SET, taskConfig: { variables: { x: "${.fork.branches.b.data.a}" } } };
    const document = documentOfTasks(spec(fork, asks));
    expect(document["do"]).toMatchObject([
      { f: { export: { as: '${ $context + {"fork": {"branches": (($context.fork.branches // {}) + .)}} }' } } },
      { t: { set: { x: "${$context.fork.branches.b.a}" } } },
    ]);
  });

  test.each<[string, Omit<Task, "name">, RegExp]>([
    [
      "GRPC_CALL",
      { kind: K.GRPC_CALL, taskConfig: { service: "a", method: "b" } },
      /^spec\.tasks\[0\]\.kind: GRPC_CALL names no host/u,
    ],
    [
      "CALL_ACTIVITY",
      { kind: K.CALL_ACTIVITY, taskConfig: { activity: "a" } },
      /^spec\.tasks\[0\]\.kind: CALL_ACTIVITY/u,
    ],
    ["an unknown kind", { kind: 99 as never, taskConfig: {} }, /^spec\.tasks\[0\]\.kind: 99 is no kind/u],
    [
      "a number in SET",
      { kind: K.SET, taskConfig: { variables: { a: 1 } } },
      /^spec\.tasks\[0\]\.task_config: does not fit SetTaskConfig/u,
    ],
    [
      "an unknown key",
      { kind: K.WAIT, taskConfig: { seconds: 1, minutes: 2 } },
      /^spec\.tasks\[0\]\.task_config: does not fit WaitTaskConfig/u,
    ],
    [
      "a kind that asks an agent",
      { kind: K.AGENT_CALL, taskConfig: { agent: "helper", message: "Hi" } },
      /^spec\.tasks\[0\]\.kind: AGENT_CALL asks an agent, which this server stores and does not run/u,
    ],
    ["a broken rule", { kind: K.WAIT, taskConfig: { seconds: 0 } }, /^spec\.tasks\[0\]\.task_config\.seconds: /u],
    [
      "a fault in a nested task",
      {
        kind: K.FOR,
        taskConfig: { each: "i", in: "${ [] }", do: [{ name: "x", kind: "WORKFLOW_TASK_KIND_WAIT", taskConfig: {} }] },
      },
      /^spec\.tasks\[0\]\.task_config\.do\[0\]\.task_config\.seconds/u,
    ],
  ])("refuses %s, naming the field", (_name, task, message) => {
    expect(() => documentOfTasks(spec({ name: "t", ...task }))).toThrow(message);
  });
});
