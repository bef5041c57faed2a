/*
 * The runtime arguments of expressions (specification, section Runtime expression arguments), each at a fixed position of the globals that an expression is evaluated with. Variables of
 * enclosing loops and catches follow at the positions after them.
 */

/** Names by position. `secret` is the spelling of other runtimes for `secrets`; `env` holds the run's environment variables that are no secrets, an addition of ours. */
export const runtimeArguments = [
  "context",
  "input",
  "output",
  "secrets",
  "secret",
  "authorization",
  "task",
  "workflow",
  "runtime",
  "env",
] as const;

/** Position of each runtime argument in the globals. */
export const position = {
  context: 0,
  input: 1,
  output: 2,
  secrets: 3,
  secret: 4,
  authorization: 5,
  task: 6,
  workflow: 7,
  runtime: 8,
  env: 9,
  /** Where the variables of enclosing tasks begin. */
  variables: runtimeArguments.length,
} as const;
