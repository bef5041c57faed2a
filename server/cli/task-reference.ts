import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { visitTasks } from "@stigmer/core/check/task-visit.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";
import type { Connection } from "./connection.ts";
import { CliError, exit } from "./exit.ts";

/** The definition that an execution is pinned to, which need not be the workflow's current one. */
export async function definitionOfRun({ client }: Connection, executionId: string): Promise<WorkflowDocument> {
  const { spec, status } = await client.workflowExecution.query.get({ value: executionId });
  const digest = status?.definitionDigest ?? "";
  const version = await client.workflow.service.getVersion({
    workflowId: spec?.workflowId ?? "",
    version: { case: "digest", value: digest.replace(/^sha256:/u, "") },
  });
  const { document } = loadWorkflow(version.definition);
  if (document === undefined)
    throw new CliError(exit.invalid, `Cannot read the definition of execution "${executionId}": it is not valid here`);
  return document;
}

/** The JSON pointer of a task of an execution, given by its name or by the pointer itself; a name that is not there suggests the nearest, one that is there twice asks for a pointer. */
export async function taskPointer(connection: Connection, executionId: string, task: string): Promise<string> {
  if (task.startsWith("/")) return task;
  const { tasks } = visitTasks(await definitionOfRun(connection, executionId));
  const found = tasks.filter(({ name }) => name === task);
  if (found.length === 1) return (found[0] as (typeof tasks)[number]).pointer;
  if (found.length > 1)
    throw new CliError(
      exit.usage,
      `Cannot tell which task "${task}" is meant: ${found.length} have this name`,
      `give one of ${found.map(({ pointer }) => pointer).join(", ")}`,
    );
  const names = [...new Set(tasks.map(({ name }) => name))];
  const near = didYouMean(task, names);
  throw new CliError(
    exit.notFound,
    `Cannot find the task "${task}": the workflow of this execution has none of this name`,
    near === undefined ? `tasks are ${names.join(", ")}` : `did you mean "${near}"?`,
  );
}
