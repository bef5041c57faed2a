import { fromJson, type JsonObject as ProtoJsonObject, type Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";

import { WorkflowTaskKind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import type { WorkflowTask } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import { ForTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/for_pb.ts";
import { ForkTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/fork_pb.ts";
import { HttpCallTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/http_call_pb.ts";
import { ListenTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/listen_pb.ts";
import { RaiseTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/raise_pb.ts";
import { RunTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/run_pb.ts";
import { SetTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/set_pb.ts";
import { SwitchTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/switch_pb.ts";
import { TryTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/try_pb.ts";
import { WaitTaskConfigSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/tasks/wait_pb.ts";
import { type Json, isJsonArray, isJsonObject, type JsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { errorTypeBase, standardErrorName } from "@stigmer/core/protocol/error-type.ts";
import { STANDARD_FAULTS } from "@stigmer/core/protocol/fault.ts";
import { ApiError } from "../../../errors/api-error.ts";
import { invalidField } from "../../../pipeline/refusal.ts";
import { validateMessage } from "../../../pipeline/steps/validate-proto.ts";
import { type DialectScope, rewriteCondition, rewriteText } from "./rewrite-expression.ts";

/** What a conversion knows and collects on its way through the tasks. */
export interface Conversion extends DialectScope {
  readonly namespace: string;
  /** Where the task list stands, in the words of the request. */
  readonly path: string;
  /** True when some expression asks for `.fork.branches`: forks then keep their results in `$context`. */
  readonly keepBranches: boolean;
}

/** The deepest nesting of task lists that is followed. */
const DEPTH_MAX = 32;

/** Converts a list of tasks in the kind and configuration form to a task list of the language. Throws INVALID_ARGUMENT at the first fault, with its field. */
export function convertTasks(tasks: readonly WorkflowTask[], conversion: Conversion, depth = 0): readonly JsonObject[] {
  if (depth > DEPTH_MAX)
    throw invalidField(conversion.path, `is nested deeper than ${DEPTH_MAX} task lists`, "NESTING_TOO_DEEP");
  return tasks.map((task, index) => {
    const path = `${conversion.path}[${index}]`;
    const entry: Record<string, Json> = {};
    setKey(entry, task.name, convertTask(task, { ...conversion, path }, depth));
    return entry;
  });
}

function convertTask(task: WorkflowTask, conversion: Conversion, depth: number): JsonObject {
  const convert = Object.hasOwn(converters, task.kind) ? converters[task.kind as ConvertibleKind] : undefined;
  if (convert === undefined)
    throw invalidField(`${conversion.path}.kind`, `${task.kind} is no kind of task that this server knows`);
  const body = convert(task.taskConfig ?? {}, conversion, depth);
  return { ...body, ...exported(task, body, conversion), ...(task.flow?.then ? { then: task.flow.then } : {}) };
}

/** Each task exports under its own name, as the dialect has it: `$context.<task>` instead of the whole `$context`. */
function exported(task: WorkflowTask, body: JsonObject, conversion: Conversion): JsonObject {
  const additions: string[] = [];
  const as = task.export?.as;
  if (as !== undefined && as !== "") {
    additions.push(`{${JSON.stringify(task.name)}: (${bare(rewriteText(as, conversion))})}`);
  }
  const branches = conversion.keepBranches ? branchNames(body) : undefined;
  if (branches !== undefined) {
    additions.push(`{"fork": {"branches": (($context.fork.branches // {}) + ${branches})}}`);
  }
  return additions.length === 0 ? {} : { export: { as: `\${ ${["$context", ...additions].join(" + ")} }` } };
}

/** The object of a fork's results by branch, as an expression over its output, which holds exactly that object. */
function branchNames(body: JsonObject): string | undefined {
  const fork = body["fork"];
  return isJsonObject(fork) && fork["compete"] !== true ? "." : undefined;
}

/** An expression without its `${}`; a text without expressions is itself one. */
function bare(text: string): string {
  const inner = /^\s*\$\{([\s\S]*)\}\s*$/u.exec(text)?.[1];
  return (inner ?? text).trim();
}

type Converter = (config: ProtoJsonObject, conversion: Conversion, depth: number) => JsonObject;
type ConvertibleKind = Exclude<WorkflowTaskKind, WorkflowTaskKind.UNSPECIFIED>;

const converters: { readonly [K in ConvertibleKind]: Converter } = {
  [WorkflowTaskKind.SET]: (config, conversion) => ({
    set: rewritten(read(SetTaskConfigSchema, config, conversion).variables, conversion),
  }),
  [WorkflowTaskKind.HTTP_CALL]: convertHttpCall,
  [WorkflowTaskKind.GRPC_CALL]: (_config, conversion) => {
    throw invalidField(
      `${conversion.path}.kind`,
      "GRPC_CALL names no host and no proto source, so it cannot be run; give the workflow as spec.definition and use `call: grpc`",
    );
  },
  [WorkflowTaskKind.CALL_ACTIVITY]: (_config, conversion) => {
    throw invalidField(
      `${conversion.path}.kind`,
      "CALL_ACTIVITY names code of one particular worker, which this server does not have; use HTTP_CALL, or give the workflow as spec.definition",
    );
  },
  [WorkflowTaskKind.SWITCH]: (config, conversion) => ({
    switch: read(SwitchTaskConfigSchema, config, conversion).cases.map(({ name, when, then }) => {
      const entry: Record<string, Json> = {};
      setKey(entry, name, { ...(when === "" ? {} : { when: rewriteCondition(when, conversion) }), then });
      return entry;
    }),
  }),
  [WorkflowTaskKind.FOR]: (config, conversion, depth) => {
    const { each, in: source, do: tasks } = read(ForTaskConfigSchema, config, conversion);
    const inside = { ...conversion, path: `${conversion.path}.task_config.do`, loops: [each, ...conversion.loops] };
    return { for: { each, in: rewriteText(source, conversion) }, do: convertTasks(tasks, inside, depth + 1) };
  },
  [WorkflowTaskKind.FORK]: convertFork,
  [WorkflowTaskKind.TRY]: convertTry,
  [WorkflowTaskKind.LISTEN]: (config, conversion) => {
    const { to } = read(ListenTaskConfigSchema, config, conversion);
    const filters = (to?.signals ?? []).map(({ id, type }) => ({ with: { id: rewriteText(id, conversion), type } }));
    if (to?.mode === "all") return { listen: { to: { all: filters } } };
    return { listen: { to: filters.length === 1 ? { one: filters[0] as Json } : { any: filters } } };
  },
  [WorkflowTaskKind.WAIT]: (config, conversion) => ({
    wait: { seconds: read(WaitTaskConfigSchema, config, conversion).seconds },
  }),
  [WorkflowTaskKind.RAISE]: (config, conversion) => {
    const { error, message } = read(RaiseTaskConfigSchema, config, conversion);
    const title = rewriteText(error, conversion);
    const detail = message === "" ? {} : { detail: rewriteText(message, conversion) };
    return { raise: { error: { ...errorTypeOf(title), title, ...detail } } };
  },
  [WorkflowTaskKind.RUN]: convertRun,
  [WorkflowTaskKind.AGENT_CALL]: (_config, conversion) => {
    throw invalidField(
      `${conversion.path}.kind`,
      "AGENT_CALL asks an agent, which this server stores and does not run; give the workflow as spec.definition and call the agent's own endpoint with `call: http`, `call: a2a` or `call: mcp`",
    );
  },
};

function convertHttpCall(config: ProtoJsonObject, conversion: Conversion): JsonObject {
  const { method, endpoint, headers, body, timeoutSeconds } = read(HttpCallTaskConfigSchema, config, conversion);
  return {
    call: "http",
    with: {
      method,
      endpoint: { uri: rewriteText(endpoint?.uri ?? "", conversion) },
      ...(Object.keys(headers).length === 0 ? {} : { headers: rewritten(headers, conversion) }),
      ...(body === undefined ? {} : { body: rewritten(body as JsonObject, conversion) }),
    },
    ...(timeoutSeconds === 0 ? {} : { timeout: { after: { seconds: timeoutSeconds } } }),
  };
}

/** The output of a fork that does not compete is an object of results by branch, as the dialect has it; the language's own output is an array. */
function convertFork(config: ProtoJsonObject, conversion: Conversion, depth: number): JsonObject {
  const { branches, compete } = read(ForkTaskConfigSchema, config, conversion);
  const converted = branches.map((branch, index) => {
    const path = `${conversion.path}.task_config.branches[${index}].do`;
    const entry: Record<string, Json> = {};
    setKey(entry, branch.name, { do: convertTasks(branch.do, { ...conversion, path }, depth + 1) });
    return entry;
  });
  const byName = branches.map(({ name }, index) => `${JSON.stringify(name)}: .[${index}]`).join(", ");
  return { fork: { compete, branches: converted }, ...(compete ? {} : { output: { as: `\${ {${byName}} }` } }) };
}

/** A `try` without `catch` catches nothing: that is a `do`. */
function convertTry(config: ProtoJsonObject, conversion: Conversion, depth: number): JsonObject {
  const { try: tasks, catch: block } = read(TryTaskConfigSchema, config, conversion);
  const tried = convertTasks(tasks, { ...conversion, path: `${conversion.path}.task_config.try` }, depth + 1);
  if (block === undefined) return { do: tried };
  const as = block.as === "" ? "error" : block.as;
  const inside = { ...conversion, path: `${conversion.path}.task_config.catch.do`, error: as };
  const handlers = block.do.length === 0 ? {} : { do: convertTasks(block.do, inside, depth + 1) };
  return { try: tried, catch: { as, ...handlers } };
}

/** `workflow` may be `name`, `namespace/name` or either with `@version`; alone it is looked for in the namespace of the document, then by slug. */
function convertRun(config: ProtoJsonObject, conversion: Conversion): JsonObject {
  const { workflow, input } = read(RunTaskConfigSchema, config, conversion);
  const [reference = "", version = "latest"] = workflow.split("@", 2);
  const [first = "", second] = reference.split("/", 2);
  const [namespace, name] = second === undefined ? [conversion.namespace, first] : [first, second];
  return {
    run: {
      workflow: {
        namespace,
        name,
        version,
        ...(input === undefined ? {} : { input: rewritten(input as JsonObject, conversion) }),
      },
    },
  };
}

/** The type of an error given by a name, a URI or an expression: names of the specification's own errors keep their URI and status. */
function errorTypeOf(error: string): { readonly type: string; readonly status: number } {
  const standard = standardErrorName(error);
  if (standard !== undefined)
    return { type: `${errorTypeBase("1.0.0")}${standard}`, status: STANDARD_FAULTS[standard] };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/u.test(error)) return { type: error, status: 500 };
  if (error.includes("${")) return { type: "urn:stigmer:error", status: 500 };
  return { type: `urn:stigmer:error:${encodeURIComponent(error)}`, status: 500 };
}

/** Rewrites all strings of a value. */
function rewritten(value: Json, conversion: Conversion): Json {
  if (typeof value === "string") return rewriteText(value, conversion);
  if (isJsonArray(value)) return value.map((item) => rewritten(item, conversion));
  if (!isJsonObject(value)) return value;
  const result: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) setKey(result, key, rewritten(item, conversion));
  return result;
}

/** Reads a configuration as the message of its kind, strictly: unknown keys and wrong types are faults of the request. */
function read<M extends Message>(schema: GenMessage<M>, config: ProtoJsonObject, conversion: Conversion): M {
  const field = `${conversion.path}.task_config`;
  let message: M;
  try {
    message = fromJson(schema, config);
  } catch (error) {
    throw invalidField(field, `does not fit ${schema.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    validateMessage(schema, message);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const violations = error.violations.map((violation) => ({ ...violation, field: `${field}.${violation.field}` }));
    throw new ApiError(
      error.reason,
      violations.map((violation) => `${violation.field}: ${violation.description}`).join("; "),
      { violations },
    );
  }
  return message;
}
