import {
  type Shape,
  anything,
  boolean,
  choice,
  integer,
  list,
  map,
  object,
  text,
  union,
} from "@stigmer/core/dsl/schema/shape.ts";

const data = anything("literal");
const words = list(text("literal"));

/** An ISO 8601 duration, or one of named units, as everywhere in the workflow language. */
const duration = union({
  text: text("duration"),
  object: object("a duration", {
    days: integer(0),
    hours: integer(0),
    minutes: integer(0),
    seconds: integer(0),
    milliseconds: integer(0),
  }),
});

const answer = object("what a mocked task answers", {
  output: data,
  error: object("an error", {
    type: text("literal"),
    status: integer(100, 599),
    title: text("literal"),
    detail: text("literal"),
    data,
  }),
  delay: duration,
  never: boolean,
  messages: list(map("a message", data)),
  every: duration,
  open: boolean,
});

const mock = union({
  list: list(answer, 1),
  object: object("a mock", { ...answer.properties, sequence: list(answer, 1) }, { insteadOf: "sequence" }),
});

const expectation = object(
  "an expectation",
  {
    status: choice("completed", "faulted", "cancelled", "waiting", "suspended", "running"),
    output: data,
    error: map("an error", data),
    context: data,
    path: words,
    calls: union({ list: list(map("a call", data)), object: map("numbers of calls", integer(0)) }),
    published: list(map("an event", data)),
    waiting: words,
    elapsed: duration,
  },
  { min: 1 },
);

/** The shape of a `*.test.yaml` file. */
export const testFileShape: Shape = object("a file of tests", {
  workflow: text("literal"),
  workflows: words,
  "cases!": list(
    object("a case", {
      "name!": text("literal"),
      given: object("what a run is given", {
        input: data,
        env: map("environment variables", text("literal")),
        secrets: map("secrets", data),
        at: text("date-time"),
      }),
      mocks: map("mocks", mock),
      events: list(object("an event", { after: duration, "type!": text("literal") }, { rest: data })),
      controls: list(
        object("what an operator does", {
          after: duration,
          "type!": choice("suspended", "resumed", "cancelled", "retried", "skipped", "jumped", "patched"),
          task: text("literal"),
          input: data,
          output: data,
          context: data,
          reason: text("literal"),
        }),
      ),
      "expect!": expectation,
    }),
    1,
  ),
});
