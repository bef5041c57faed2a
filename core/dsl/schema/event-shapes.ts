import type { JsonObject } from "../../lib/json.ts";
import { output } from "./data-shapes.ts";
import {
  type ExpressionSite,
  type Shape,
  anything,
  choice,
  lazy,
  list,
  map,
  object,
  tasks,
  text,
  union,
} from "./shape.ts";

function attributes(site: ExpressionSite): Readonly<Record<string, Shape>> {
  return {
    id: text("template", site),
    source: text("uri", site),
    type: text("template", site),
    time: text("date-time", site),
    subject: text("template", site),
    datacontenttype: text("template", site),
    dataschema: text("uri", site),
    data: anything("template", site),
  };
}

/** The event of an `emit` task; only its type must be given. */
export const emittedEvent: Shape = object("an event to emit", {
  "with!": object(
    "the attributes of an event",
    { ...attributes("taskDefinition"), "type!": text() },
    { rest: anything() },
  ),
});

/** An event filter; `site` is that of the expressions in it. */
function eventFilter(site: ExpressionSite): Shape {
  // A filter's source, time and schema are compared, not used, so any text may stand there.
  const patterns = {
    ...attributes(site),
    source: text("template", site),
    time: text("template", site),
    dataschema: text("template", site),
  };
  const properties = object("an event filter's attributes", patterns, { rest: anything("template", site), min: 1 });
  const correlation = object("a correlation", { "from!": text("expression", site), expect: text("template", site) });
  return object("an event filter", { "with!": properties, correlate: map("correlations", correlation, 1) });
}

/** Which events are consumed: `one`, `any` or `all`; `until` only with `any`. */
export function eventStrategy(site: ExpressionSite = "taskDefinition"): Shape {
  const filter = eventFilter(site);
  const strategies = { one: filter, any: list(filter), all: list(filter, 1) };
  const withoutUntil = object("an event strategy that ends another", strategies, {
    exactlyOne: [["one", "any", "all"]],
  });
  const until = union({ text: text("expression", site), object: withoutUntil });
  return object(
    "an event strategy",
    { ...strategies, until },
    { exactlyOne: [["one", "any", "all"]], needs: { until: "any" } },
  );
}

export const eventRead: Shape = choice("data", "envelope", "raw");

/** The variables of a `foreach`. */
function iteratorVariables(iterator: JsonObject): readonly string[] {
  const name = (key: string, otherwise: string): string =>
    typeof iterator[key] === "string" ? iterator[key] : otherwise;
  return [name("item", "item"), name("at", "index")];
}

/** What is done with each consumed event or message. */
export const subscriptionIterator: Shape = lazy(() =>
  object(
    "a foreach",
    {
      item: text("variable"),
      at: text("variable"),
      do: tasks,
      output: output("taskOutput"),
      export: output("taskExport"),
    },
    { binds: { do: iteratorVariables, output: iteratorVariables, export: iteratorVariables } },
  ),
);
