import type { RunTask } from "../dsl/model.ts";
import { type Json, type JsonObject, isJsonObject } from "../lib/json.ts";
import { type EndpointSource, compileEndpoint, evaluateEndpoint } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { type TaskRun, type TaskType, complete, fail, going } from "./task-type.ts";

const processes = ["container", "script", "shell"] as const;

interface ProcessBody {
  readonly type: "process";
  readonly kind: (typeof processes)[number];
  readonly arguments: Evaluator;
  readonly source?: { readonly name?: string; readonly endpoint: EndpointSource };
  readonly await: boolean;
  readonly return: string;
}

interface WorkflowBody {
  readonly type: "workflow";
  readonly namespace: Evaluator;
  readonly name: Evaluator;
  readonly version: Evaluator;
  readonly input?: Evaluator;
  readonly await: boolean;
  readonly return: string;
}

/**
 * `run`: a container, a script or a shell command as an activity, or another workflow as a child run. What is not awaited is started and forgotten: the task's output is its input then.
 * `return: none` gives null.
 */
export const runTask: TaskType<ProcessBody | WorkflowBody> = {
  kind: "run",
  compile(definition, scope) {
    const { run } = definition as RunTask;
    const place = scope.at("run");
    const how = { await: run.await ?? true, return: run.return ?? "stdout" };
    if (run.workflow !== undefined) {
      const { namespace, name, version, input } = run.workflow;
      const target = place.at("workflow");
      return {
        type: "workflow",
        namespace: target.template(namespace, "namespace"),
        name: target.template(name, "name"),
        version: target.template(version ?? "latest", "version"),
        ...(input === undefined ? {} : { input: target.template(input, "input") }),
        ...how,
      };
    }
    const kind = processes.find((candidate) => run[candidate] !== undefined);
    if (kind === undefined) throw place.error("Cannot run this: it is neither container, script, shell nor workflow");
    const { source, ...rest } = run[kind] as unknown as {
      readonly source?: { readonly name?: string; readonly endpoint: never };
    } & JsonObject;
    return {
      type: "process",
      kind,
      arguments: place.template(rest as JsonObject, kind),
      ...(source === undefined
        ? {}
        : {
            source: {
              endpoint: compileEndpoint(source.endpoint, place.at(kind, "source", "endpoint")),
              ...(source.name === undefined ? {} : { name: source.name }),
            },
          }),
      ...how,
    };
  },
  start(body, run) {
    const draft =
      body.type === "process"
        ? ({
            role: "run",
            type: "startActivity",
            kind: body.kind,
            arguments: processArguments(body, run),
            detached: !body.await,
          } as const)
        : ({
            role: "run",
            type: "startChild",
            namespace: textOf(body.namespace, run),
            name: textOf(body.name, run),
            version: textOf(body.version, run),
            input: body.input === undefined ? run.input : run.value(body.input),
            await: body.await,
          } as const);
    return body.await ? going({ start: [draft] }) : { type: "complete", output: run.input, start: [draft] };
  },
  answered(body, _run, answer) {
    if (answer.type === "failed") return fail(answer.fault);
    const output = answer.type === "completed" ? answer.output : null;
    return complete(body.return === "none" ? null : output);
  },
};

function processArguments(body: ProcessBody, run: TaskRun): JsonObject {
  const given = run.value(body.arguments);
  const { source } = body;
  return {
    ...(isJsonObject(given) ? given : {}),
    ...(source === undefined
      ? {}
      : {
          source: {
            endpoint: evaluateEndpoint(source.endpoint, run),
            ...(source.name === undefined ? {} : { name: source.name }),
          },
        }),
    return: body.return,
  };
}

function textOf(evaluator: Evaluator, run: TaskRun): string {
  const value: Json = run.value(evaluator);
  return typeof value === "string" ? value : JSON.stringify(value);
}
