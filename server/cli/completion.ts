import { request } from "node:http";
import type { CommandDefinition, Completes, OptionDefinition } from "./command.ts";
import { target } from "./contexts.ts";

/** One thing a shell may offer for the word at the cursor. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** Beyond this a shell would feel stuck: a server that has not answered by then is not asked. */
const ANSWER_MS = 400;

/**
 * What fits at the cursor: commands, flags, their values, and names that the server has right now. `words` are those after `stigmer`, the last one being completed. Never fails: whatever cannot be
 * found out is not offered, and an empty answer lets the shell offer files.
 */
export async function candidates(
  commands: readonly CommandDefinition[],
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? "";
  const found = await all(commands, words.slice(0, -1), current).catch(() => []);
  return found.filter(({ value }) => value.startsWith(current));
}

async function all(
  commands: readonly CommandDefinition[],
  before: readonly string[],
  current: string,
): Promise<readonly Candidate[]> {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const [first] = before;
  if (first === undefined)
    return [
      ...shown.map(({ name, summary }) => ({ value: name, about: summary })),
      { value: "help", about: "display help" },
    ];
  if (first === "help") return shown.map(({ name, summary }) => ({ value: name, about: summary }));
  const command = shown.find(({ name, aliases = [] }) => name === first || aliases.includes(first));
  if (command === undefined) return [];
  const { positional, options, open } = read(command, before.slice(1));
  if (open !== undefined) return values(open.completes, { positional, options });
  if (current.startsWith("-"))
    return [...(command.options ?? []).map(flagOf), { value: "--help", about: "display help" }];
  const declared = command.arguments ?? [];
  const argument = declared[positional.length] ?? declared.at(-1);
  const isOver = positional.length >= declared.length && !(declared.at(-1)?.name.includes("...") ?? false);
  return argument === undefined || isOver ? [] : values(argument.completes, { positional, options });
}

interface Said {
  readonly positional: readonly string[];
  readonly options: { readonly [name: string]: string };
}

/** What the words before the cursor say; `open` is the flag whose value stands at the cursor. */
function read(command: CommandDefinition, words: readonly string[]): Said & { readonly open?: OptionDefinition } {
  const positional: string[] = [];
  const options: Record<string, string> = {};
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const option = word.startsWith("-")
      ? (command.options ?? []).find(({ flags }) => namesOf(flags).includes(word))
      : undefined;
    if (option === undefined) {
      if (!word.startsWith("-")) positional.push(word);
    } else if (option.flags.includes("<")) {
      index += 1;
      if (index >= words.length) return { positional, options, open: option };
      options[(namesOf(option.flags).at(-1) as string).slice(2)] = words[index] as string;
    }
  }
  return { positional, options };
}

const namesOf = (flags: string): readonly string[] => flags.match(/(?<=^|\s)-{1,2}[a-zA-Z][\w-]*/gu) ?? [];

function flagOf({ flags, description }: OptionDefinition): Candidate {
  return { value: namesOf(flags).at(-1) as string, about: description };
}

/** What may stand for a value. */
async function values(completes: Completes | undefined, { positional, options }: Said): Promise<readonly Candidate[]> {
  const [first = ""] = positional;
  if (completes === undefined) return [];
  if (typeof completes !== "string") return completes.map((value) => ({ value, about: "" }));
  switch (completes) {
    case "context": {
      const { contexts } = await (await import("./contexts.ts")).readContexts();
      return Object.entries(contexts).map(([value, { server = "" }]) => ({ value, about: server }));
    }
    case "example": {
      const { shippedExamples } = await import("./shipped-examples.ts");
      return (await shippedExamples()).map(({ name, title }) => ({ value: name, about: title }));
    }
    case "code": {
      const { diagnosticCodes } = await import("@stigmer/core/check/catalogue.ts");
      return diagnosticCodes.map(({ code, summary }) => ({ value: code, about: summary }));
    }
    case "kind":
      return Object.keys(LISTS).map((value) => ({ value: `${value}s`, about: "" }));
    case "resource": {
      const kind = Object.entries(LISTS).find(
        ([name, { others }]) => name === first || `${name}s` === first || others.includes(first),
      );
      return kind === undefined ? [] : names(kind[0], options);
    }
    case "task":
      return tasks(first, options);
    default:
      return names(completes, options);
  }
}

interface NamedResource {
  readonly metadata?: { readonly id?: string; readonly slug?: string };
  readonly status?: { readonly runPhase?: string };
}

/** How each kind is listed. Known here by its words, so that a shell need not wait for the whole API to load. */
const LISTS: {
  readonly [kind: string]: { readonly service: string; readonly field: string; readonly others: readonly string[] };
} = {
  workflow: { service: "WorkflowService", field: "workflows", others: ["wf"] },
  instance: { service: "WorkflowInstanceService", field: "workflowInstances", others: ["wfi"] },
  execution: { service: "WorkflowExecutionService", field: "executions", others: ["run", "runs", "wex", "exec"] },
  environment: { service: "EnvironmentService", field: "environments", others: ["env"] },
  agent: { service: "AgentService", field: "agents", others: ["agt"] },
  agentinstance: { service: "AgentInstanceService", field: "agentInstances", others: ["ain"] },
};

async function names(kind: string, options: Said["options"]): Promise<readonly Candidate[]> {
  const list = LISTS[kind];
  if (list === undefined) return [];
  const { address, org } = await target(options);
  const page = await ask(address, `ai.stigmer.orchestration.v1.${list.service}/list`, { org, pageSize: 100 });
  const items = (page[list.field] ?? []) as readonly NamedResource[];
  return items.map(({ metadata, status }) => ({
    value: (kind === "execution" ? metadata?.id : metadata?.slug) ?? "",
    about:
      kind === "execution"
        ? `${(status?.runPhase ?? "").replace("RUN_PHASE_", "").toLowerCase()} ${metadata?.slug ?? ""}`
        : "",
  }));
}

async function tasks(executionId: string, options: Said["options"]): Promise<readonly Candidate[]> {
  const { address } = await target(options);
  const run = (await ask(address, "ai.stigmer.agentic.workflowexecution.v1.WorkflowExecutionQueryController/get", {
    value: executionId,
  })) as { readonly spec?: { readonly workflowId?: string }; readonly status?: { readonly definitionDigest?: string } };
  const version = await ask(address, "ai.stigmer.orchestration.v1.WorkflowService/getVersion", {
    workflowId: run.spec?.workflowId ?? "",
    digest: run.status?.definitionDigest ?? "",
  });
  const [{ loadWorkflow }, { visitTasks }] = await Promise.all([
    import("@stigmer/core/check/load.ts"),
    import("@stigmer/core/check/task-visit.ts"),
  ]);
  const { document } = loadWorkflow(String(version["definition"]));
  if (document === undefined) return [];
  return visitTasks(document).tasks.map(({ name, pointer }) => ({ value: name, about: pointer }));
}

/** One call in Connect's JSON form: a client of the API takes longer to load than a shell may wait. */
function ask(address: string, method: string, message: object): Promise<{ readonly [key: string]: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request(`http://${address}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    call.once("error", reject);
    call.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.once("error", reject);
      response.once("end", () => {
        try {
          resolve(JSON.parse(text) as { readonly [key: string]: unknown });
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    call.end(JSON.stringify(message));
  });
}
