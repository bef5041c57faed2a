import type { AsyncApiArguments, CallTask, ExternalResource, AuthenticationReference, Endpoint } from "../dsl/model.ts";
import { type Json, type JsonObject, getKey, isJsonObject } from "../lib/json.ts";
import { authorizationMarker } from "../lib/secret-marker.ts";
import { pointerFrom } from "../lib/json-pointer.ts";
import type { ActivityKind } from "../protocol/command.ts";
import {
  type AuthenticationSource,
  authorizationOf,
  compileAuthentication,
  evaluateAuthentication,
} from "./authentication.ts";
import {
  type MessagesSource,
  answerMessages,
  compileMessages,
  finishMessage,
  rearmMessages,
  reviveMessages,
  startMessages,
} from "./consume-messages.ts";
import { type EndpointSource, compileEndpoint, evaluateEndpoint } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { catalogFunctionUrl, functionUrl, parseFunctionReference } from "./function-reference.ts";
import type { Scope } from "./scope.ts";
import { taskFault } from "./task-fault.ts";
import { type Outcome, type TaskRun, type TaskType, complete, fail, going } from "./task-type.ts";

const protocols = ["http", "grpc", "openapi", "asyncapi", "mcp", "a2a"] as const;

type Protocol = (typeof protocols)[number];

/** A property of `with` that is more than a structure with expressions: an endpoint, an external resource or a policy, at its path. */
type Special =
  | {
      readonly path: readonly string[];
      readonly type: "endpoint" | "resource";
      readonly endpoint: EndpointSource;
      readonly name?: string;
    }
  | {
      readonly path: readonly string[];
      readonly type: "authentication";
      readonly authentication: AuthenticationSource;
    };

interface ProtocolBody {
  readonly type: "protocol";
  readonly kind: Protocol;
  readonly rest: Evaluator;
  readonly specials: readonly Special[];
  readonly messages?: MessagesSource;
}

interface FunctionBody {
  readonly type: "function";
  /** Pointer of a function of the document. */
  readonly named?: string;
  /** Arguments of the activity that fetches a function from outside. */
  readonly fetch?: { readonly key: string; readonly endpoint?: EndpointSource; readonly arguments?: JsonObject };
  readonly with?: Evaluator;
}

interface NoopBody {
  readonly type: "noop";
  readonly with?: Evaluator;
}

/**
 * `call`: a protocol, as one activity with evaluated arguments (or a subscription to messages), or a function, whose task runs below this one with the arguments as its input. Functions from
 * outside are fetched once a run, and what was fetched is part of the run's history.
 */
export const callTask: TaskType<ProtocolBody | FunctionBody | NoopBody> = {
  kind: "call",
  compile(definition, scope) {
    const { call, with: given } = definition as CallTask;
    const protocol = protocols.find((candidate) => candidate === call);
    return protocol === undefined
      ? compileFunctionCall(call, given as JsonObject | undefined, scope)
      : compileProtocol(protocol, given as unknown as JsonObject, scope);
  },
  start(body, run) {
    switch (body.type) {
      case "protocol":
        return startProtocol(body, run);
      case "noop":
        return going({
          start: [{ role: "call", type: "startActivity", kind: "noop", arguments: objectOf(body.with, run) }],
        });
      case "function":
        return startFunction(body, run);
    }
  },
  answered(body, run, answer) {
    if (body.type === "protocol" && body.messages !== undefined) return answerMessages(body.messages, run, answer);
    if (answer.type === "failed") return fail(answer.fault);
    if (answer.type !== "completed") return going({});
    if (body.type !== "function" || body.fetch === undefined) return complete(answer.output);
    return callFunction(body, run, run.installFunction(body.fetch.key, answer.output), body.fetch.key);
  },
  finished(body, run, child) {
    if (body.type === "protocol" && body.messages !== undefined) return finishMessage(body.messages, run, child);
    return complete(child.output);
  },
  revive(body, run) {
    if (body.type === "protocol" && body.messages !== undefined)
      return reviveMessages(body.messages, run, protocolArguments(body, run));
    return callTask.start(body, run);
  },
  rearm(body, run) {
    if (body.type !== "protocol" || body.messages === undefined) return [];
    return rearmMessages(body.messages, run, protocolArguments(body, run));
  },
};

function compileProtocol(kind: Protocol, given: JsonObject, scope: Scope): ProtocolBody {
  const place = scope.at("with");
  const { rest, specials } = splitSpecials(kind, given, place);
  const subscription = kind === "asyncapi" ? (given as unknown as AsyncApiArguments).subscription : undefined;
  return {
    type: "protocol",
    kind,
    rest: place.template(rest),
    specials,
    ...(subscription === undefined ? {} : { messages: compileMessages(subscription, place.at("subscription")) }),
  };
}

/** Where in `with` endpoints, resources and policies stand, by protocol. */
const SPECIALS: { readonly [kind in Protocol]: readonly (readonly [Special["type"], ...string[]])[] } = {
  http: [["endpoint", "endpoint"]],
  grpc: [
    ["resource", "proto"],
    ["authentication", "service", "authentication"],
  ],
  openapi: [
    ["resource", "document"],
    ["authentication", "authentication"],
  ],
  asyncapi: [
    ["resource", "document"],
    ["authentication", "authentication"],
  ],
  mcp: [["endpoint", "transport", "http", "endpoint"]],
  a2a: [
    ["resource", "agentCard"],
    ["endpoint", "server"],
  ],
};

function splitSpecials(
  kind: Protocol,
  given: JsonObject,
  scope: Scope,
): { readonly rest: Json; readonly specials: readonly Special[] } {
  const specials: Special[] = [];
  let rest: Json = kind === "asyncapi" ? without(given, ["subscription"]) : given;
  for (const [type, ...path] of SPECIALS[kind]) {
    const value = valueAt(given, path);
    if (value === undefined) continue;
    const place = scope.at(...path);
    if (type === "authentication") {
      specials.push({
        path,
        type,
        authentication: compileAuthentication(value as unknown as AuthenticationReference, place),
      });
    } else if (type === "endpoint") {
      specials.push({ path, type, endpoint: compileEndpoint(value as Endpoint, place) });
    } else {
      const { name, endpoint } = value as unknown as ExternalResource;
      specials.push({
        path,
        type,
        endpoint: compileEndpoint(endpoint, place.at("endpoint")),
        ...(name === undefined ? {} : { name }),
      });
    }
    rest = without(rest, path);
  }
  return { rest, specials };
}

function startProtocol(body: ProtocolBody, run: TaskRun): Outcome {
  const args = protocolArguments(body, run);
  if (body.messages !== undefined) return startMessages(body.messages, run, args);
  return going({ start: [{ role: "call", type: "startActivity", kind: body.kind as ActivityKind, arguments: args }] });
}

/** Policies are evaluated first, so that the rest can read `$authorization`. */
function protocolArguments(body: ProtocolBody, run: TaskRun): JsonObject {
  const evaluated: { readonly path: readonly string[]; readonly value: JsonObject }[] = [];
  let authorization: Json = null;
  for (const special of body.specials) {
    if (special.type === "authentication") {
      const value = evaluateAuthentication(special.authentication, run);
      authorization = authorizationOf(value, authorizationMarker(run.pointer, special.path));
      evaluated.push({ path: special.path, value });
      continue;
    }
    const endpoint = evaluateEndpoint(special.endpoint, run);
    if (special.type === "endpoint") {
      // Most endpoints have no policy, and a marker is not made for nothing.
      const policy = endpoint["authentication"];
      authorization =
        policy === undefined
          ? null
          : authorizationOf(policy, authorizationMarker(run.pointer, [...special.path, "authentication"]));
    }
    const value =
      special.type === "endpoint"
        ? endpoint
        : { ...(special.name === undefined ? {} : { name: special.name }), endpoint };
    evaluated.push({ path: special.path, value });
  }
  run.authorize(authorization);
  let args = run.value(body.rest);
  for (const { path, value } of evaluated) args = replaced(args, path, value);
  return args as JsonObject;
}

function compileFunctionCall(call: string, given: JsonObject | undefined, scope: Scope): FunctionBody | NoopBody {
  const reference = parseFunctionReference(call, scope.at("call").pointer);
  const args = given === undefined ? {} : { with: scope.template(given, "with") };
  if (reference.type === "named") {
    scope.reusable("functions", reference.name, "call");
    return { type: "function", named: pointerFrom(["use", "functions", reference.name]), ...args };
  }
  if (reference.type === "url") {
    const uri = functionUrl(reference.url);
    return { type: "function", fetch: { key: uri, arguments: { endpoint: { uri } } }, ...args };
  }
  const { name, version, catalog } = reference;
  const isDefault = catalog === "default" && scope.unit.use.catalogs?.["default"] === undefined;
  if (isDefault && name === "noop") return { type: "noop", ...args };
  if (isDefault) {
    return {
      type: "function",
      fetch: { key: call, arguments: { catalog: "default", function: `${name}:${version}` } },
      ...args,
    };
  }
  const { endpoint } = scope.reusable("catalogs", catalog, "call");
  const uri = catalogFunctionUrl(endpoint, name, version);
  const source = compileEndpoint(typeof endpoint === "string" ? uri : { ...endpoint, uri }, scope.at("call"));
  return { type: "function", fetch: { key: call, endpoint: source }, ...args };
}

function startFunction(body: FunctionBody, run: TaskRun): Outcome {
  if (body.named !== undefined) return callFunction(body, run, body.named);
  const { key, endpoint, arguments: args = {} } = body.fetch as NonNullable<FunctionBody["fetch"]>;
  const known = run.resource(key);
  if (known !== undefined) return callFunction(body, run, run.installFunction(key, known), key);
  const request = endpoint === undefined ? args : { endpoint: evaluateEndpoint(endpoint, run) };
  return going({ start: [{ role: "function", type: "startActivity", kind: "resource", arguments: request }] });
}

/** The function's task below the call; its raw input is the arguments, or what the call got where none are given. */
function callFunction(body: FunctionBody, run: TaskRun, task: string, unit?: string): Outcome {
  const input = body.with === undefined ? run.input : objectOf(body.with, run);
  return going({ run: [{ role: "function", task, input, ...(unit === undefined ? {} : { unit }) }] });
}

function objectOf(evaluator: Evaluator | undefined, run: TaskRun): JsonObject {
  const value = evaluator === undefined ? {} : run.value(evaluator);
  if (isJsonObject(value)) return value;
  throw taskFault(
    "expression",
    "Invalid arguments",
    `Cannot call with ${JSON.stringify(value)}: arguments should be an object`,
  );
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const key of path) current = isJsonObject(current) ? getKey(current, key) : undefined;
  return current;
}

function without(value: Json, path: readonly string[]): Json {
  const [key, ...below] = path;
  if (key === undefined || !isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      name !== key ? [[name, item]] : below.length === 0 ? [] : [[name, without(item, below)]],
    ),
  );
}

function replaced(value: Json, path: readonly string[], by: Json): Json {
  const [key, ...below] = path;
  if (key === undefined) return by;
  const object = isJsonObject(value) ? value : {};
  return { ...object, [key]: replaced(getKey(object, key) ?? {}, below, by) };
}
