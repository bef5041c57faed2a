import type { Json, JsonObject } from "../lib/json.ts";
import type { AuthenticationPolicy, AuthenticationReference } from "./model/authentication.ts";
import type {
  CatalogDefinition,
  Duration,
  ExportDefinition,
  ExpressionText,
  ExternalResource,
  InputDefinition,
  OutputDefinition,
  TimeoutDefinition,
} from "./model/data.ts";
import type { ErrorDefinition, ErrorFilter, RetryPolicy } from "./model/errors.ts";
import type { EventConsumptionStrategy, EventProperties, EventRead } from "./model/events.ts";
import type {
  A2aArguments,
  AsyncApiConsumption,
  AsyncApiProtocol,
  GrpcArguments,
  HttpArguments,
  McpArguments,
  OpenApiArguments,
} from "./model/calls.ts";
import type { RunDefinition } from "./model/run.ts";

/*
 * The types of an Open Workflow Specification document (releases 1.0.0 to 1.0.3 and the additions of its head), as it stands in the file: nothing renamed, nothing filled in.
 * What tasks are made of stands by subject in model/ and is had from here, too; the types that hold tasks are together, since each needs the others.
 * A document of these types has passed the schema check; whether its references, expressions and targets make sense is told by the rules in core/check.
 */

export type * from "./model/authentication.ts";
export type * from "./model/data.ts";
export type * from "./model/errors.ts";
export type * from "./model/events.ts";
export * from "./model/calls.ts";
export type * from "./model/run.ts";

/** A whole workflow document. */
export interface WorkflowDocument {
  readonly document: DocumentMetadata;
  readonly input?: InputDefinition;
  readonly use?: UseDefinition;
  readonly do: TaskList;
  readonly timeout?: TimeoutDefinition | string;
  readonly output?: OutputDefinition;
  readonly schedule?: ScheduleDefinition;
  readonly evaluate?: EvaluateDefinition;
}

/** The `document` section: which language release, and the workflow's identity. */
export interface DocumentMetadata {
  readonly dsl: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly summary?: string;
  readonly tags?: JsonObject;
  readonly metadata?: JsonObject;
}

/** The `use` section: the eight registries of reusable components. */
export interface UseDefinition {
  readonly authentications?: Readonly<Record<string, AuthenticationPolicy>>;
  readonly catalogs?: Readonly<Record<string, CatalogDefinition>>;
  readonly errors?: Readonly<Record<string, ErrorDefinition>>;
  readonly extensions?: readonly { readonly [name: string]: ExtensionDefinition }[];
  readonly functions?: Readonly<Record<string, TaskDefinition>>;
  readonly retries?: Readonly<Record<string, RetryPolicy>>;
  readonly secrets?: readonly string[];
  readonly timeouts?: Readonly<Record<string, TimeoutDefinition>>;
}

/** How expressions are evaluated: `strict` asks for `${ }`, `loose` also takes bare expressions. Default: jq, strict. */
export interface EvaluateDefinition {
  readonly language?: string;
  readonly mode?: "strict" | "loose";
}

/** What starts the workflow by itself. At least one key is present. */
export interface ScheduleDefinition {
  readonly every?: Duration;
  readonly cron?: string;
  readonly after?: Duration;
  readonly on?: EventConsumptionStrategy;
  readonly read?: EventRead;
}

/** Tasks in order; each item has exactly one key, the task's name. */
export type TaskList = readonly { readonly [name: string]: TaskDefinition }[];

/** What every task may carry, whatever its kind. */
export interface TaskBase {
  readonly if?: ExpressionText;
  readonly input?: InputDefinition;
  readonly output?: OutputDefinition;
  readonly export?: ExportDefinition;
  readonly timeout?: TimeoutDefinition | string;
  readonly then?: FlowDirective;
  readonly metadata?: JsonObject;
}

/** A task of any of the twelve kinds; the kind is told by which key is present, see `taskKind`. */
export type TaskDefinition =
  | CallTask
  | DoTask
  | EmitTask
  | ForTask
  | ForkTask
  | ListenTask
  | RaiseTask
  | RunTask
  | SetTask
  | SwitchTask
  | TryTask
  | WaitTask;

/** `continue`, `exit`, `end` or the name of a task in the same list. */
export type FlowDirective = string;

/** `call`: a protocol (`http`, `grpc`, `openapi`, `asyncapi`, `a2a`, `mcp`) or the name or URL of a function. */
export type CallTask =
  | CallHttpTask
  | CallGrpcTask
  | CallOpenApiTask
  | CallAsyncApiTask
  | CallA2aTask
  | CallMcpTask
  | CallFunctionTask;

export interface CallHttpTask extends TaskBase {
  readonly call: "http";
  readonly with: HttpArguments;
}

export interface CallGrpcTask extends TaskBase {
  readonly call: "grpc";
  readonly with: GrpcArguments;
}

export interface CallOpenApiTask extends TaskBase {
  readonly call: "openapi";
  readonly with: OpenApiArguments;
}

export interface CallAsyncApiTask extends TaskBase {
  readonly call: "asyncapi";
  readonly with: AsyncApiArguments;
}

export interface CallA2aTask extends TaskBase {
  readonly call: "a2a";
  readonly with: A2aArguments;
}

export interface CallMcpTask extends TaskBase {
  readonly call: "mcp";
  readonly with: McpArguments;
}

/** A call of a function: its name in `use.functions`, `name:version@catalog`, or a URL. `call` is never one of the six protocols. */
export interface CallFunctionTask extends TaskBase {
  readonly call: string & {};
  readonly with?: JsonObject;
}

/** Arguments of `call: asyncapi`: `channel` (2.6) or `operation` (3.0), and `message` (publish) or `subscription`. */
export interface AsyncApiArguments {
  readonly document: ExternalResource;
  readonly channel?: string;
  readonly operation?: string;
  readonly server?: { readonly name: string; readonly variables?: JsonObject };
  readonly protocol?: AsyncApiProtocol;
  readonly message?: { readonly payload?: JsonObject; readonly headers?: JsonObject };
  readonly subscription?: AsyncApiSubscription;
  readonly authentication?: AuthenticationReference;
}

/** What is consumed from a channel, how much of it, and what is done with each message. */
export interface AsyncApiSubscription {
  readonly filter?: ExpressionText;
  readonly consume: AsyncApiConsumption;
  readonly foreach?: SubscriptionIterator;
}

/** `do`: tasks one after the other. */
export interface DoTask extends TaskBase {
  readonly do: TaskList;
}

/** `emit`: publishes a CloudEvent; only `type` must be given. */
export interface EmitTask extends TaskBase {
  readonly emit: { readonly event: { readonly with: EventProperties; readonly [key: string]: Json } };
}

/** `for`: its `do` once for each item of `in`. */
export interface ForTask extends TaskBase {
  readonly for: ForDefinition;
  readonly while?: ExpressionText;
  readonly do: TaskList;
}

export interface ForDefinition {
  /** The variable that holds the item; default: `item`. */
  readonly each?: string;
  /** An expression, or an inline array whose items may hold expressions (any JSON: a relaxation, the schema asks for objects). */
  readonly in: ExpressionText | readonly Json[];
  /** The variable that holds the index; default: `index`. */
  readonly at?: string;
}

/** `fork`: branches side by side; with `compete` the first to succeed wins. */
export interface ForkTask extends TaskBase {
  readonly fork: { readonly branches: TaskList; readonly compete?: boolean };
}

/** `listen`: waits for events. */
export interface ListenTask extends TaskBase {
  readonly listen: { readonly to: EventConsumptionStrategy; readonly read?: EventRead };
  readonly foreach?: SubscriptionIterator;
}

/** What is done with each consumed event or message, in order of arrival. */
export interface SubscriptionIterator {
  /** Default: `item`. */
  readonly item?: string;
  /** Default: `index`. */
  readonly at?: string;
  readonly do?: TaskList;
  readonly output?: OutputDefinition;
  readonly export?: ExportDefinition;
}

/** `raise`: fails with an error, given in place or by its name in `use.errors`. */
export interface RaiseTask extends TaskBase {
  readonly raise: { readonly error: ErrorDefinition | string };
}

/** `run`: a container, a script, a shell command or another workflow; exactly one of the four keys is present. */
export interface RunTask extends TaskBase {
  readonly run: RunDefinition;
}

/** `set`: an object, or an expression that yields the task's output. */
export interface SetTask extends TaskBase {
  readonly set: JsonObject | ExpressionText;
}

/** `switch`: the first case whose `when` holds; a case without `when` is the default. */
export interface SwitchTask extends TaskBase {
  readonly switch: readonly { readonly [name: string]: SwitchCase }[];
}

export interface SwitchCase {
  readonly when?: ExpressionText;
  readonly then: FlowDirective;
}

/** `try`: tasks whose errors `catch` may handle. */
export interface TryTask extends TaskBase {
  readonly try: TaskList;
  readonly catch: CatchDefinition;
}

export interface CatchDefinition {
  readonly errors?: { readonly with?: ErrorFilter };
  /** The variable that holds the error; default: `error`. */
  readonly as?: string;
  readonly when?: ExpressionText;
  readonly exceptWhen?: ExpressionText;
  readonly retry?: RetryPolicy | string;
  readonly do?: TaskList;
  readonly then?: FlowDirective;
}

/** `wait`: sleeps. */
export interface WaitTask extends TaskBase {
  readonly wait: Duration;
}

/** Tasks woven around every task of a kind; `composite` means `do` and `fork`. */
export interface ExtensionDefinition {
  readonly extend: ExtensionTarget;
  readonly when?: ExpressionText;
  readonly before?: TaskList;
  readonly after?: TaskList;
}

export const extensionTargets = [
  "call",
  "composite",
  "emit",
  "for",
  "listen",
  "raise",
  "run",
  "set",
  "switch",
  "try",
  "wait",
  "all",
] as const;

export type ExtensionTarget = (typeof extensionTargets)[number];
