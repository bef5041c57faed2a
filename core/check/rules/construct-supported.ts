import type { AsyncApiArguments, CallAsyncApiTask, CallMcpTask, RunDefinition } from "../../dsl/model.ts";
import type { Capabilities, CapabilityName } from "../capabilities.ts";
import type { Rule, RuleFinding } from "../rule.ts";
import type { TaskVisit } from "../task-visit.ts";
import { scriptLanguage } from "./script-language-known.ts";

/** What this host cannot run is refused when a workflow is applied, never ignored at run time. */
export const constructSupported: Rule = {
  code: "OW1122",
  name: "construct-supported",
  severity: "error",
  summary: "A construct that this server cannot run.",
  explanation:
    "Scripts, shell commands and containers run code of the workflow's author on the server's machine and are off until the server's configuration allows them; containers need an engine; an AsyncAPI protocol needs a client, and some protocols cannot do everything (nothing can be consumed over http, a redis message has no headers). The message names what is missing. Where a call does not say its protocol, the document decides at run time. The workflow is refused rather than failing in the middle of a run.",
  *find({ tasks, capabilities }) {
    for (const visit of tasks) {
      const { task } = visit;
      if ("run" in task) yield* unsupportedRun(visit, task.run, capabilities);
      else if ("call" in task) yield* unsupportedCall(visit, capabilities);
    }
  },
};

function* unsupportedRun(
  { pointer }: TaskVisit,
  run: RunDefinition,
  capabilities: Capabilities,
): Iterable<RuleFinding> {
  const language = run.script === undefined ? undefined : scriptLanguage(run.script.language);
  if (language !== undefined && !capabilities.scriptLanguages.has(language)) {
    yield refusal(`${pointer}/run/script/language`, `scripts in ${language}`, "script", capabilities);
  }
  if (run.shell !== undefined && !capabilities.shell)
    yield refusal(`${pointer}/run/shell`, "shell commands", "shell", capabilities, "key");
  if (run.container !== undefined && !capabilities.container)
    yield refusal(`${pointer}/run/container`, "containers", "container", capabilities, "key");
}

function* unsupportedCall({ task, pointer }: TaskVisit, capabilities: Capabilities): Iterable<RuleFinding> {
  if (!("call" in task)) return;
  if (task.call === "grpc" && !capabilities.grpc) yield refusal(`${pointer}/call`, "gRPC calls", "grpc", capabilities);
  if (task.call === "mcp" && (task as CallMcpTask).with.transport.stdio !== undefined && !capabilities.mcpStdio) {
    yield refusal(`${pointer}/with/transport/stdio`, "MCP servers as processes", "mcpStdio", capabilities, "key");
  }
  if (task.call !== "asyncapi") return;
  const call = (task as CallAsyncApiTask).with;
  yield* impossible(call, `${pointer}/with`);
  const { protocol } = call;
  const supported = capabilities.asyncApiProtocols;
  if (supported.size === 0) yield refusal(`${pointer}/call`, "AsyncAPI calls", "asyncapi", capabilities);
  else if (protocol !== undefined && !supported.has(protocol)) {
    yield {
      ...refusal(`${pointer}/with/protocol`, `the AsyncAPI protocol ${protocol}`, "asyncapi", capabilities),
      hint: `this server speaks ${[...supported].join(", ")}`,
    };
  }
}

/** What a protocol itself cannot do, whoever speaks it. */
function* impossible({ protocol, message, subscription }: AsyncApiArguments, pointer: string): Iterable<RuleFinding> {
  if (protocol === "http" && subscription !== undefined)
    yield {
      pointer: `${pointer}/subscription`,
      at: "key",
      message:
        "Cannot consume messages over http: the protocol has no subscriptions, the other side would have to call",
      hint: "listen for events, which the other side can send to this server",
    };
  if (protocol === "redis" && message?.headers !== undefined)
    yield {
      pointer: `${pointer}/message/headers`,
      at: "key",
      message: "Cannot publish headers over redis: its messages have none",
      hint: "put them into the payload",
    };
}

function refusal(
  pointer: string,
  what: string,
  capability: CapabilityName,
  { reasons }: Capabilities,
  at: "key" | "value" = "value",
): RuleFinding {
  const reason = reasons?.[capability] ?? "this server does not support it";
  return { pointer, at, message: `Cannot run ${what}: ${reason}` };
}
