import type { Json, JsonObject } from "../lib/json.ts";

/*
 * The types of an Open Workflow Specification document (releases 1.0.0 to 1.0.3 and the additions of its head), as it stands in the file: nothing renamed, nothing filled in.
 * A document of these types has passed the schema check; whether its references, expressions and targets make sense is told by the rules in core/check.
 */

/** A runtime expression or a text that may hold `${ ... }`; the property's place in the specification says which. */
export type ExpressionText = string;

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

/** Arguments of `call: http`. */
export interface HttpArguments {
  readonly method: string;
  readonly endpoint: Endpoint;
  /** A relaxation: integers are accepted besides strings, since `id: 1` cannot mean anything else. */
  readonly headers?: Readonly<Record<string, string | number>> | ExpressionText;
  readonly body?: Json;
  /** A relaxation: integers are accepted besides strings. */
  readonly query?: Readonly<Record<string, string | number>> | ExpressionText;
  /** Default: `content`. */
  readonly output?: HttpOutput;
  /** Default: false. */
  readonly redirect?: boolean;
}

/** What an HTTP or OpenAPI call yields: base64 bytes, the deserialised content, or the whole response. */
export type HttpOutput = "raw" | "content" | "response";

/** Arguments of `call: grpc`. */
export interface GrpcArguments {
  readonly proto: ExternalResource;
  readonly service: GrpcService;
  readonly method: string;
  readonly arguments?: JsonObject;
}

/** The gRPC service to call; a runtime expression as host is a relaxation. */
export interface GrpcService {
  readonly name: string;
  readonly host: string;
  readonly port?: number;
  readonly authentication?: AuthenticationReference;
}

/** Arguments of `call: openapi`. */
export interface OpenApiArguments {
  readonly document: ExternalResource;
  readonly operationId: string;
  readonly parameters?: JsonObject;
  readonly authentication?: AuthenticationReference;
  readonly output?: HttpOutput;
  readonly redirect?: boolean;
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

/** The nineteen protocols an AsyncAPI server may speak. */
export const asyncApiProtocols = [
  "amqp",
  "amqp1",
  "anypointmq",
  "googlepubsub",
  "http",
  "ibmmq",
  "jms",
  "kafka",
  "mercure",
  "mqtt",
  "mqtt5",
  "nats",
  "pulsar",
  "redis",
  "sns",
  "solace",
  "sqs",
  "stomp",
  "ws",
] as const;

export type AsyncApiProtocol = (typeof asyncApiProtocols)[number];

/** What is consumed from a channel, how much of it, and what is done with each message. */
export interface AsyncApiSubscription {
  readonly filter?: ExpressionText;
  readonly consume: AsyncApiConsumption;
  readonly foreach?: SubscriptionIterator;
}

/** When consumption ends: exactly one of `amount`, `while`, `until`; `for` bounds it in time. */
export interface AsyncApiConsumption {
  readonly for?: Duration;
  readonly amount?: number;
  readonly while?: ExpressionText;
  readonly until?: ExpressionText;
}

/** Arguments of `call: a2a`; at least one of `agentCard` and `server` is present. */
export interface A2aArguments {
  readonly agentCard?: ExternalResource;
  readonly server?: Endpoint;
  readonly method: A2aMethod;
  readonly parameters?: JsonObject | ExpressionText;
}

export const a2aMethods = [
  "message/send",
  "message/stream",
  "tasks/get",
  "tasks/list",
  "tasks/cancel",
  "tasks/resubscribe",
  "tasks/pushNotificationConfig/set",
  "tasks/pushNotificationConfig/get",
  "tasks/pushNotificationConfig/list",
  "tasks/pushNotificationConfig/delete",
  "agent/getAuthenticatedExtendedCard",
] as const;

export type A2aMethod = (typeof a2aMethods)[number];

/** Arguments of `call: mcp`. */
export interface McpArguments {
  /** Default: `2025-06-18`. */
  readonly protocolVersion?: string;
  readonly method: McpMethod;
  readonly parameters?: JsonObject | ExpressionText;
  readonly timeout?: Duration;
  readonly transport: McpTransport;
  readonly client?: { readonly name: string; readonly version: string };
}

export const mcpMethods = [
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/read",
  "resources/templates/list",
] as const;

export type McpMethod = (typeof mcpMethods)[number];

/** How the MCP server is reached: exactly one of `http` and `stdio`. */
export interface McpTransport {
  readonly http?: { readonly endpoint: Endpoint; readonly headers?: Readonly<Record<string, string | number>> };
  readonly stdio?: {
    readonly command: string;
    readonly arguments?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  };
  readonly options?: Readonly<Record<string, string>>;
}

/** `do`: tasks one after the other. */
export interface DoTask extends TaskBase {
  readonly do: TaskList;
}

/** `emit`: publishes a CloudEvent; only `type` must be given. */
export interface EmitTask extends TaskBase {
  readonly emit: { readonly event: { readonly with: EventProperties; readonly [key: string]: Json } };
}

/** CloudEvents attributes, the standard ones and any extension attribute, as values of an event or as a filter. */
export interface EventProperties {
  readonly id?: string;
  readonly source?: string;
  readonly type?: string;
  readonly time?: string;
  readonly subject?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: Json;
  readonly [attribute: string]: Json;
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

/** How a consumed event is given to the workflow: its data (default), the whole envelope, or the raw data. */
export type EventRead = "data" | "envelope" | "raw";

/** Which events are consumed: exactly one of `one`, `any`, `all`; `until` only with `any`. */
export interface EventConsumptionStrategy {
  readonly one?: EventFilter;
  readonly any?: readonly EventFilter[];
  readonly all?: readonly EventFilter[];
  /** An expression over the events so far, or a strategy whose events end the listening (without an `until` of its own). */
  readonly until?: ExpressionText | EventConsumptionStrategy;
}

export interface EventFilter {
  readonly with: EventProperties;
  readonly correlate?: Readonly<Record<string, CorrelationDefinition>>;
}

export interface CorrelationDefinition {
  readonly from: ExpressionText;
  readonly expect?: string;
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

/** An error as RFC 7807 has it; `status` as a runtime expression is a relaxation. */
export interface ErrorDefinition {
  readonly type: string;
  readonly status: number | ExpressionText;
  readonly instance?: string;
  readonly title?: string;
  readonly detail?: string;
}

/** `run`: a container, a script, a shell command or another workflow; exactly one of the four keys is present. */
export interface RunTask extends TaskBase {
  readonly run: RunDefinition;
}

export interface RunDefinition {
  readonly container?: ContainerDefinition;
  readonly script?: ScriptDefinition;
  readonly shell?: ShellDefinition;
  readonly workflow?: SubflowDefinition;
  /** Default: true. */
  readonly await?: boolean;
  /** Default: `stdout`. */
  readonly return?: ProcessReturn;
}

export type ProcessReturn = "stdout" | "stderr" | "code" | "all" | "none";

export interface ContainerDefinition {
  readonly image: string;
  readonly name?: string;
  readonly command?: string;
  readonly ports?: JsonObject;
  readonly volumes?: JsonObject;
  readonly environment?: JsonObject;
  readonly stdin?: string;
  readonly arguments?: readonly string[];
  readonly lifetime?: ContainerLifetime;
  readonly pullPolicy?: "ifNotPresent" | "always" | "never";
}

/** When a container is removed; `after` is present exactly when `cleanup` is `eventually`. */
export interface ContainerLifetime {
  readonly cleanup: "always" | "never" | "eventually";
  readonly after?: Duration;
}

/** A script; exactly one of `code` and `source` is present. `arguments` as a map is a relaxation, for catalog functions. */
export interface ScriptDefinition {
  readonly language: string;
  readonly code?: string;
  readonly source?: ExternalResource;
  readonly stdin?: string;
  readonly arguments?: readonly string[] | JsonObject;
  readonly environment?: JsonObject;
}

/** A shell command. */
export interface ShellDefinition {
  readonly command: string;
  readonly stdin?: string;
  readonly arguments?: readonly string[];
  readonly environment?: JsonObject;
}

/** Another workflow; `input` as an expression is a relaxation. */
export interface SubflowDefinition {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly input?: Json;
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

/** Literal values an error must have to be caught; `detail` and `details` are the same field. */
export interface ErrorFilter {
  readonly type?: string;
  readonly status?: number;
  readonly instance?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly details?: string;
}

/** `wait`: sleeps. */
export interface WaitTask extends TaskBase {
  readonly wait: Duration;
}

/** When, how often and after how long a failed `try` runs again. */
export interface RetryPolicy {
  readonly when?: ExpressionText;
  readonly exceptWhen?: ExpressionText;
  readonly delay?: Duration;
  /** Exactly one key; its value holds no properties the specification names. */
  readonly backoff?: {
    readonly constant?: JsonObject;
    readonly linear?: JsonObject;
    readonly exponential?: JsonObject;
  };
  readonly limit?: {
    /** `count` = retries (runs = count + 1); `duration` bounds one attempt. */
    readonly attempt?: { readonly count?: number; readonly duration?: Duration };
    /** Bounds all attempts together. */
    readonly duration?: Duration;
  };
  readonly jitter?: { readonly from: Duration; readonly to: Duration };
}

/** A duration as written: ISO 8601 text, a runtime expression, or units added up. See lib/duration.ts. */
export type Duration = string | InlineDuration;

export interface InlineDuration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

export interface TimeoutDefinition {
  readonly after: Duration;
}

export interface InputDefinition {
  readonly schema?: SchemaDefinition;
  readonly from?: ExpressionText | JsonObject;
}

export interface OutputDefinition {
  readonly schema?: SchemaDefinition;
  readonly as?: ExpressionText | JsonObject;
}

export interface ExportDefinition {
  readonly schema?: SchemaDefinition;
  readonly as?: ExpressionText | JsonObject;
}

/** A schema in place (`document`) or elsewhere (`resource`); exactly one of the two. `format` is `json` or `json:<version>`. */
export interface SchemaDefinition {
  readonly format?: string;
  readonly document?: Json;
  readonly resource?: ExternalResource;
}

export interface ExternalResource {
  readonly name?: string;
  readonly endpoint: Endpoint;
}

/** A URI, URI template or runtime expression, alone or with an authentication. */
export type Endpoint = string | { readonly uri: string; readonly authentication?: AuthenticationReference };

export interface CatalogDefinition {
  readonly endpoint: Endpoint;
}

/** A policy in place, or `use: <name>` of one in `use.authentications`. */
export type AuthenticationReference = { readonly use: string } | AuthenticationPolicy;

/** Exactly one of the five schemes is present. */
export interface AuthenticationPolicy {
  readonly basic?: UserPassword | SecretReference;
  readonly bearer?: { readonly token: string } | SecretReference;
  readonly digest?: UserPassword | SecretReference;
  readonly oauth2?: OAuth2Policy | SecretReference;
  readonly oidc?: OidcPolicy | SecretReference;
}

/** The policy's properties are those of the named secret. */
export interface SecretReference {
  readonly use: string;
}

export interface UserPassword {
  readonly username: string;
  readonly password: string;
}

export interface OidcPolicy {
  readonly authority: string;
  readonly grant: OAuth2Grant;
  readonly client?: OAuth2Client;
  readonly request?: { readonly encoding?: "application/x-www-form-urlencoded" | "application/json" };
  readonly issuers?: readonly string[];
  readonly scopes?: readonly string[];
  readonly audiences?: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly subject?: OAuth2Token;
  readonly actor?: OAuth2Token;
}

export interface OAuth2Policy extends OidcPolicy {
  readonly endpoints?: { readonly token?: string; readonly revocation?: string; readonly introspection?: string };
}

/** The spelling `client-credentials` of released examples is normalised by nobody: read it as `client_credentials`. */
export type OAuth2Grant =
  | "authorization_code"
  | "client_credentials"
  | "client-credentials"
  | "password"
  | "refresh_token"
  | "urn:ietf:params:oauth:grant-type:token-exchange";

export interface OAuth2Client {
  readonly id?: string;
  readonly secret?: string;
  readonly assertion?: string;
  /** Default: `client_secret_post`. */
  readonly authentication?:
    | "client_secret_basic"
    | "client_secret_post"
    | "client_secret_jwt"
    | "private_key_jwt"
    | "none";
}

export interface OAuth2Token {
  readonly token: string;
  readonly type: string;
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
