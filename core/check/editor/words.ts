import { taskKinds } from "../../dsl/task-kind.ts";

/** A text to offer, and what it is. */
export interface Suggestion {
  readonly label: string;
  readonly detail: string;
}

/** What each kind of task does. */
export const KIND_WORDS: { readonly [Kind in (typeof taskKinds)[number]]: string } = {
  call: "Calls a service (http, grpc, openapi, asyncapi, a2a, mcp) or a function of `use.functions`.",
  do: "Does tasks one after the other.",
  emit: "Publishes a CloudEvent.",
  for: "Does tasks for each item of a list, one after the other.",
  fork: "Does branches side by side; with `compete` the first to end wins.",
  listen: "Waits for CloudEvents.",
  raise: "Ends with an error.",
  run: "Runs a container, a script, a shell command or another workflow.",
  set: "Makes data: its value is the task's output.",
  switch: "Goes on at the first case whose `when` holds.",
  try: "Does tasks and deals with their errors, with or without retries.",
  wait: "Waits for a duration.",
};

/** What the keys of a task mean. */
export const KEY_WORDS: { readonly [key: string]: string } = {
  ...KIND_WORDS,
  if: "A jq expression; where it is false the task is skipped.",
  input: "`from` makes the task's input of the data before it; `schema` checks it.",
  output: "`as` makes the task's output of what it gave; `schema` checks it.",
  export: "`as` makes the new `$context` of the task's output.",
  timeout: "`after` ends the task with a timeout error (status 408).",
  then: "Where to go on: the name of a task of the same list, `continue`, `exit` or `end`.",
  catch: "What is done with an error: filter (`errors`), `retry`, then `do`.",
  retry: "A retry policy: `delay`, `backoff`, `limit`, `jitter`; or the name of one of `use.retries`.",
};

/** Where `then` may lead besides to a task. */
export const directives: readonly Suggestion[] = [
  { label: "continue", detail: "go on with the next task" },
  { label: "exit", detail: "leave this list of tasks" },
  { label: "end", detail: "end the workflow" },
];

/** What `call` may name besides a function. */
export const protocols: readonly Suggestion[] = ["http", "grpc", "openapi", "asyncapi", "a2a", "mcp"].map((label) => ({
  label,
  detail: "protocol",
}));
