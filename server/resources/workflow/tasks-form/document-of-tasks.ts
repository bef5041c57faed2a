import type { WorkflowSpec } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { convertTasks, type Conversion } from "./convert-task.ts";

/** A document made of a workflow's tasks, with what its author should know about it. */
export interface ConvertedDocument {
  readonly document: JsonObject;
  readonly warnings: readonly string[];
}

/** Converts a workflow in the kind and configuration form to a document of the language. Throws INVALID_ARGUMENT with the field at fault. */
export function documentOfTasks(spec: WorkflowSpec): ConvertedDocument {
  const head = spec.document;
  const conversion: Conversion = {
    namespace: head?.namespace ?? "",
    path: "spec.tasks",
    loops: [],
    secrets: new Set(),
    keepBranches: JSON.stringify(
      spec.tasks.map(({ taskConfig, export: exported }) => [taskConfig, exported?.as]),
    ).includes(".fork.branches"),
    uses: { agent: false },
  };
  const tasks = convertTasks(spec.tasks, conversion);
  const use = {
    ...(conversion.secrets.size === 0 ? {} : { secrets: [...conversion.secrets].sort() }),
    ...(conversion.uses.agent ? { functions: { agent: agentFunction } } : {}),
  };
  const document: JsonObject = {
    document: {
      dsl: head?.dsl ?? "",
      namespace: head?.namespace ?? "",
      name: head?.name ?? "",
      version: head?.version ?? "",
      ...(head?.description ? { summary: head.description } : {}),
    },
    ...(Object.keys(use).length === 0 ? {} : { use }),
    do: tasks,
  };
  return { document, warnings: conversion.uses.agent ? [AGENT_WARNING] : [] };
}

const AGENT_WARNING =
  "AGENT_CALL: agents are stored and checked by this server but not run, a run that gets to such a task faults there";

/** What `call: agent` does for now: it faults, in words. */
const agentFunction: JsonObject = {
  raise: {
    error: {
      type: "https://serverlessworkflow.io/spec/1.0.0/errors/runtime",
      status: 501,
      title: "Agents cannot be called",
      detail:
        "This server stores agents and does not run them; call the agent's own endpoint with `call: http`, `call: a2a` or `call: mcp`",
    },
  },
};
