import type { ExpressionSite } from "../dsl/schema/shape.ts";

/**
 * Which arguments an expression may use, by where it stands (specification, table of runtime expression arguments). `$secret` is another name of `$secrets`;
 * `$env`, the variables of the run's environment that are not secret, is an addition of ours.
 */
export const availableVariables: Readonly<Record<ExpressionSite, readonly string[]>> = {
  schedule: ["runtime"],
  workflowInput: ["secrets", "secret", "workflow", "runtime", "env"],
  taskIf: ["context", "secrets", "secret", "task", "workflow", "runtime", "env"],
  taskInput: ["context", "secrets", "secret", "task", "workflow", "runtime", "env"],
  taskDefinition: ["context", "input", "secrets", "secret", "task", "workflow", "runtime", "authorization", "env"],
  taskOutput: ["context", "input", "secrets", "secret", "task", "workflow", "runtime", "authorization", "env"],
  taskExport: [
    "context",
    "input",
    "output",
    "secrets",
    "secret",
    "task",
    "workflow",
    "runtime",
    "authorization",
    "env",
  ],
  workflowOutput: ["context", "secrets", "secret", "workflow", "runtime", "env"],
};

/** Every argument name there is: names that variables of the author must not take. */
export const argumentNames: ReadonlySet<string> = new Set(Object.values(availableVariables).flat());

/** What a site is called in messages. */
export const siteNames: Readonly<Record<ExpressionSite, string>> = {
  schedule: "a schedule",
  workflowInput: "the workflow's input",
  taskIf: "a task's `if`",
  taskInput: "a task's `input.from`",
  taskDefinition: "a task's definition",
  taskOutput: "a task's `output.as`",
  taskExport: "a task's `export.as`",
  workflowOutput: "the workflow's `output.as`",
};
