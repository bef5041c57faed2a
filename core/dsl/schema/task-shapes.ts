import { type JsonObject, getKey } from "../../lib/json.ts";
import type { TaskKind } from "../task-kind.ts";
import { functionArguments, protocolArguments } from "./call-shapes.ts";
import { duration, externalResource, input, output, texts, timeoutReference, values } from "./data-shapes.ts";
import { emittedEvent, eventRead, eventStrategy, subscriptionIterator } from "./event-shapes.ts";
import {
  type ObjectShape,
  type Shape,
  anything,
  boolean,
  choice,
  integer,
  list,
  map,
  named,
  object,
  tasks,
  text,
  union,
} from "./shape.ts";

/** What every task may carry. */
export const taskBase: Readonly<Record<string, Shape>> = {
  if: text("expression", "taskIf"),
  input: input("taskInput"),
  output: output("taskOutput"),
  export: output("taskExport"),
  timeout: timeoutReference(),
  // oxlint-disable-next-line unicorn/no-thenable -- `then` is a word of the language; its value is never a function
  then: text("directive"),
  metadata: map("metadata", anything("literal")),
};

const error = object("an error", {
  "type!": text("error-type"),
  "status!": union({ text: text("marked-expression"), number: integer(100, 599) }),
  instance: text("json-pointer"),
  title: text(),
  detail: text(),
});

/** An entry of `use.errors`. */
export const errorDefinition: Shape = error;

/** An entry of `use.retries`, or a retry in place. */
export const retryPolicy: Shape = object("a retry policy", {
  when: text("expression"),
  exceptWhen: text("expression"),
  delay: duration(),
  backoff: object(
    "a backoff",
    {
      constant: values("a constant backoff"),
      linear: values("a linear backoff"),
      exponential: values("an exponential backoff"),
    },
    { exactlyOne: [["constant", "linear", "exponential"]] },
  ),
  limit: object("a retry limit", {
    attempt: object("an attempt limit", { count: integer(0), duration: duration() }),
    duration: duration(),
  }),
  jitter: object("a jitter", { "from!": duration(), "to!": duration() }),
});

const errorFilter = object(
  "an error filter",
  {
    type: text("literal"),
    status: integer(100, 599),
    instance: text("literal"),
    title: text("literal"),
    detail: text("literal"),
    details: text("literal"),
  },
  { atLeastOne: [["type", "status", "instance", "title", "detail", "details"]] },
);

function nameOf(value: JsonObject, key: string, otherwise: string): string {
  const name = getKey(value, key);
  return typeof name === "string" ? name : otherwise;
}

const errorVariable = (value: JsonObject): readonly string[] => [nameOf(value, "as", "error")];

const catchShape = object(
  "a catch",
  {
    errors: object("a catch's errors", { with: errorFilter }),
    as: text("variable"),
    when: text("expression"),
    exceptWhen: text("expression"),
    retry: union({ text: text("retry"), object: retryPolicy }),
    do: tasks,
    // oxlint-disable-next-line unicorn/no-thenable -- as above
    then: text("directive"),
  },
  { binds: { when: errorVariable, exceptWhen: errorVariable, retry: errorVariable, do: errorVariable } },
);

/** The variables of a `for` task, in its `do` and `while`. */
function loopVariables(task: JsonObject): readonly string[] {
  const definition = getKey(task, "for");
  if (typeof definition !== "object" || definition === null || Array.isArray(definition)) return [];
  const loop = definition as JsonObject;
  return [nameOf(loop, "each", "item"), nameOf(loop, "at", "index")];
}

const environment = values("an environment");

const container = object("a container", {
  "image!": text(),
  name: text(),
  command: text(),
  ports: values("ports"),
  volumes: values("volumes"),
  environment,
  stdin: text(),
  arguments: texts,
  lifetime: object(
    "a container's lifetime",
    { "cleanup!": choice("always", "never", "eventually"), after: duration() },
    { exactlyWhen: { after: { key: "cleanup", value: "eventually" } } },
  ),
  pullPolicy: choice("ifNotPresent", "always", "never"),
});

const script = object(
  "a script",
  {
    "language!": text("literal"),
    code: text("literal"),
    source: externalResource,
    stdin: text(),
    arguments: union({ list: texts, object: values("arguments") }),
    environment,
  },
  { exactlyOne: [["code", "source"]] },
);

const shell = object("a shell command", { "command!": text(), stdin: text(), arguments: texts, environment });

const subflow = object("a workflow to run", {
  "namespace!": text(),
  "name!": text(),
  "version!": text(),
  input: anything(),
});

const run = object(
  "a run",
  {
    container,
    script,
    shell,
    workflow: subflow,
    await: boolean,
    return: choice("stdout", "stderr", "code", "all", "none"),
  },
  { exactlyOne: [["container", "script", "shell", "workflow"]] },
);

const switchCase = object("a switch case", { when: text("expression"), "then!": text("directive") });

function kindShape(
  title: string,
  own: Readonly<Record<string, Shape>>,
  options: Partial<ObjectShape> = {},
): ObjectShape {
  return object(title, { ...own, ...taskBase }, options);
}

/** The shape of each kind of task; `call` depends on what is called, see `callShape`. */
export const taskShapes: Readonly<Record<Exclude<TaskKind, "call">, ObjectShape>> = {
  do: kindShape("a do task", { "do!": tasks }),
  emit: kindShape("an emit task", { "emit!": object("an emit", { "event!": emittedEvent }) }),
  for: kindShape(
    "a for task",
    {
      "for!": object("a loop", {
        each: text("variable"),
        "in!": union({ text: text("expression"), list: anything() }),
        at: text("variable"),
      }),
      while: text("expression"),
      "do!": tasks,
    },
    { binds: { do: loopVariables, while: loopVariables } },
  ),
  fork: kindShape("a fork task", { "fork!": object("a fork", { "branches!": tasks, compete: boolean }) }),
  listen: kindShape("a listen task", {
    "listen!": object("a listen", { "to!": eventStrategy(), read: eventRead }),
    foreach: subscriptionIterator,
  }),
  raise: kindShape("a raise task", {
    "raise!": object("a raise", { "error!": union({ text: text("error"), object: error }) }),
  }),
  run: kindShape("a run task", { "run!": run }),
  set: kindShape("a set task", {
    "set!": union({ text: text("marked-expression"), object: map("values to set", anything(), 1) }),
  }),
  switch: kindShape("a switch task", { "switch!": list(named("a switch case", switchCase), 1) }),
  try: kindShape("a try task", { "try!": tasks, "catch!": catchShape }),
  wait: kindShape("a wait task", { "wait!": duration() }),
};

const callShapes = new Map<string, ObjectShape>(
  [...protocolArguments].map(([protocol, withShape]) => [
    protocol,
    kindShape(`a call of ${protocol}`, { "call!": text("call"), "with!": withShape }),
  ]),
);

const functionCallShape = kindShape("a call of a function", { "call!": text("call"), with: functionArguments });

/** The shape of a call task, by what it calls. */
export function callShape(called: unknown): ObjectShape {
  return (typeof called === "string" ? callShapes.get(called) : undefined) ?? functionCallShape;
}
