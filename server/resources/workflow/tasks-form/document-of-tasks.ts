import type { WorkflowSpec } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { convertTasks, type Conversion } from "./convert-task.ts";

/** Converts a workflow in the kind and configuration form to a document of the language. Throws INVALID_ARGUMENT with the field at fault. */
export function documentOfTasks(spec: WorkflowSpec): JsonObject {
  const head = spec.document;
  const conversion: Conversion = {
    namespace: head?.namespace ?? "",
    path: "spec.tasks",
    loops: [],
    secrets: new Set(),
    keepBranches: JSON.stringify(
      spec.tasks.map(({ taskConfig, export: exported }) => [taskConfig, exported?.as]),
    ).includes(".fork.branches"),
  };
  const tasks = convertTasks(spec.tasks, conversion);
  return {
    document: {
      dsl: head?.dsl ?? "",
      namespace: head?.namespace ?? "",
      name: head?.name ?? "",
      version: head?.version ?? "",
      ...(head?.description ? { summary: head.description } : {}),
    },
    ...(conversion.secrets.size === 0 ? {} : { use: { secrets: [...conversion.secrets].sort() } }),
    do: tasks,
  };
}
