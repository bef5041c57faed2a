import { type ExpressionSite, type Shape, anything, list, map, object, text, union } from "./shape.ts";
import { authenticationReference } from "./authentication-shapes.ts";

/** A duration: ISO 8601 text, a runtime expression, or an object of units. */
export function duration(site: ExpressionSite = "taskDefinition"): Shape {
  const amount: Shape = { kind: "integer", min: 0 };
  const units = { days: amount, hours: amount, minutes: amount, seconds: amount, milliseconds: amount };
  return union({
    text: text("duration", site),
    object: object("a duration", units, { atLeastOne: [Object.keys(units)], role: "duration", site }),
  });
}

/** A timeout in place or the name of one in `use.timeouts`. */
export function timeoutReference(site: ExpressionSite = "taskDefinition"): Shape {
  return union({ text: text("timeout"), object: timeout(site) });
}

export function timeout(site: ExpressionSite = "taskDefinition"): Shape {
  return object("a timeout", { "after!": duration(site) });
}

/** A URI, URI template or expression, alone or with an authentication. */
export const endpoint: Shape = union({
  text: text("uri"),
  object: object("an endpoint", { "uri!": text("uri"), authentication: authenticationReference }),
});

export const externalResource: Shape = object("an external resource", { name: text("literal"), "endpoint!": endpoint });

export const schema: Shape = object(
  "a schema",
  { format: text("schema-format"), document: anything("json-schema"), resource: externalResource },
  { exactlyOne: [["document", "resource"]] },
);

function transformation(site: ExpressionSite): Shape {
  return union({ text: text("expression", site), object: map("an object of expressions", anything("template", site)) });
}

/** `input` of a workflow or task. */
export function input(site: "workflowInput" | "taskInput"): Shape {
  return object("an input", { schema, from: transformation(site) });
}

/** `output` or `export` of a workflow or task. */
export function output(site: "workflowOutput" | "taskOutput" | "taskExport"): Shape {
  return object(site === "taskExport" ? "an export" : "an output", { schema, as: transformation(site) });
}

/** Texts in a list, expressions allowed in each. */
export const texts: Shape = list(text());

/** Names of the author's choice with any values. */
export function values(title: string): Shape {
  return map(title, anything());
}

/** Names with texts; integers are accepted too, since they can mean nothing else. */
export function textsByName(title: string, integers: boolean): Shape {
  return map(
    title,
    integers ? union({ text: text(), number: { kind: "integer", min: Number.MIN_SAFE_INTEGER } }) : text(),
  );
}

/** Headers or arguments by name, or an expression that yields them. */
export function orExpression(byName: Shape): Shape {
  return union({ text: text("marked-expression"), object: byName });
}
