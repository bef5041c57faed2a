import { extensionTargets } from "../model.ts";
import { authenticationPolicy } from "./authentication-shapes.ts";
import { duration, endpoint, input, output, timeout, timeoutReference } from "./data-shapes.ts";
import { eventRead, eventStrategy } from "./event-shapes.ts";
import { type Shape, anything, choice, list, map, named, object, pattern, task, tasks, text } from "./shape.ts";
import { errorDefinition, retryPolicy } from "./task-shapes.ts";

const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/u;
const NAME_EXPECTED = "1 to 63 letters, digits and hyphens, neither first nor last a hyphen";
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/u;

const extension = object("an extension", {
  "extend!": choice(...extensionTargets),
  when: text("expression", "taskDefinition"),
  before: tasks,
  after: tasks,
});

/** A whole workflow document. */
export const workflowShape: Shape = object("a workflow", {
  "document!": object("the document section", {
    "dsl!": pattern(SEMVER, "a version of the language such as '1.0.3'", "dsl-version"),
    "namespace!": pattern(NAME, NAME_EXPECTED),
    "name!": pattern(NAME, NAME_EXPECTED),
    "version!": pattern(SEMVER, "a semantic version such as '1.0.0'"),
    title: text("literal"),
    summary: text("literal"),
    tags: map("tags", anything("literal")),
    metadata: map("metadata", anything("literal")),
  }),
  input: input("workflowInput"),
  use: object("the use section", {
    authentications: map("authentications", authenticationPolicy),
    catalogs: map("catalogs", object("a catalog", { "endpoint!": endpoint })),
    errors: map("errors", errorDefinition),
    extensions: list(named("an extension", extension)),
    functions: map("functions", task),
    retries: map("retries", retryPolicy),
    secrets: list(text("literal")),
    timeouts: map("timeouts", timeout()),
  }),
  "do!": tasks,
  timeout: timeoutReference("workflowInput"),
  output: output("workflowOutput"),
  schedule: object(
    "a schedule",
    {
      every: duration("schedule"),
      cron: text("cron"),
      after: duration("schedule"),
      on: eventStrategy("schedule"),
      read: eventRead,
    },
    { atLeastOne: [["every", "cron", "after", "on"]], needs: { read: "on" } },
  ),
  evaluate: object("the evaluate section", { language: text("literal"), mode: choice("strict", "loose") }),
});
