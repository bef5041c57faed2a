import { type JsonObject, type Json } from "@stigmer/core/lib/json.ts";
import type { ObjectShape, Shape, TextShape } from "@stigmer/core/dsl/schema/shape.ts";
import { protocolArguments } from "@stigmer/core/dsl/schema/call-shapes.ts";
import { callShape, taskShapes } from "@stigmer/core/dsl/schema/task-shapes.ts";

/*
 * The shapes that definitions are checked by, written as JSON Schema (draft 7, which editors know best). One table says what is valid; this is its translation for editors. What a schema cannot say
 * (references, expressions, what a rule looks at) is left to `stigmer validate`: whatever validate accepts is valid here.
 */

type Schema = Record<string, Json>;

/** A JSON Schema with `title` and `id` for a shape. Shapes that are used in several places or contain themselves become definitions. */
export function jsonSchema(shape: Shape, title: string): JsonObject {
  const writer = new SchemaWriter();
  const root = writer.body(shape);
  return { $schema: "http://json-schema.org/draft-07/schema#", title, ...root, definitions: writer.definitions() };
}

class SchemaWriter {
  readonly #names = new Map<Shape, string>();
  readonly #definitions = new Map<string, Schema>();

  definitions(): JsonObject {
    return Object.fromEntries([...this.#definitions].toSorted(([left], [right]) => (left < right ? -1 : 1)));
  }

  /** The schema of a shape in place; objects are named once and referred to. */
  of(shape: Shape): Schema {
    if (shape.kind === "lazy") return this.of(shape.shape());
    if (shape.kind === "task") return this.#task();
    if (shape.kind === "tasks") return this.#tasks();
    return shape.kind === "object" ? this.#named(shape) : this.body(shape);
  }

  body(shape: Shape): Schema {
    switch (shape.kind) {
      case "text":
        return textSchema(shape);
      case "integer":
        return { type: "integer", minimum: shape.min, ...(shape.max === undefined ? {} : { maximum: shape.max }) };
      case "boolean":
        return { type: "boolean" };
      case "any":
        return {};
      case "list":
        return { type: "array", items: this.of(shape.item), ...(shape.min === 0 ? {} : { minItems: shape.min }) };
      case "map":
        return {
          type: "object",
          ...(shape.min === 0 ? {} : { minProperties: shape.min }),
          ...(shape.single === true ? { maxProperties: 1 } : {}),
          additionalProperties: this.of(shape.value),
        };
      case "union":
        return {
          anyOf: [shape.text, shape.object, shape.list, shape.number].flatMap((alternative) =>
            alternative === undefined ? [] : [this.of(alternative)],
          ),
        };
      case "object":
        return this.#object(shape);
      default:
        return this.of(shape);
    }
  }

  #named(shape: ObjectShape): Schema {
    const known = this.#names.get(shape);
    if (known !== undefined) return { $ref: `#/definitions/${known}` };
    const wanted = shape.title
      .replace(/^(an?|the) /u, "")
      .replaceAll(/[^A-Za-z0-9]+(.)?/gu, (_, next: string | undefined) => (next ?? "").toUpperCase());
    let name = wanted;
    for (let count = 2; this.#definitions.has(name); count++) name = `${wanted}${count}`;
    this.#names.set(shape, name);
    this.#definitions.set(name, {});
    this.#definitions.set(name, this.#object(shape));
    return { $ref: `#/definitions/${name}` };
  }

  #object(shape: ObjectShape): Schema {
    const rules: Schema[] = [
      ...shape.exactlyOne.map((group) => ({ oneOf: group.map((key) => ({ required: [key] })) })),
      ...shape.atLeastOne.map((group) => ({ anyOf: group.map((key) => ({ required: [key] })) })),
    ];
    const body: Schema = {
      type: "object",
      title: shape.title,
      properties: Object.fromEntries(Object.entries(shape.properties).map(([key, value]) => [key, this.of(value)])),
      ...(shape.required.length === 0 ? {} : { required: [...shape.required] }),
      additionalProperties: shape.rest === undefined ? false : this.of(shape.rest),
      ...(Object.keys(shape.needs).length === 0
        ? {}
        : { dependencies: Object.fromEntries(Object.entries(shape.needs).map(([key, other]) => [key, [other]])) }),
      ...(shape.min === undefined ? {} : { minProperties: shape.min }),
      ...(rules.length === 0 ? {} : { allOf: rules }),
    };
    const { insteadOf } = shape;
    if (insteadOf === undefined) return body;
    // With this key nothing else is needed, so the demands hold only without it.
    const { required, allOf, ...rest } = body;
    const demands = { ...(required === undefined ? {} : { required }), ...(allOf === undefined ? {} : { allOf }) };
    const alone = { required: [insteadOf], maxProperties: 1 };
    return { ...rest, anyOf: [alone, { not: { required: [insteadOf] }, ...demands }] };
  }

  #tasks(): Schema {
    return this.#once("Tasks", () => ({
      type: "array",
      items: { type: "object", minProperties: 1, maxProperties: 1, additionalProperties: this.#task() },
    }));
  }

  /** A task is told by its one word; a call also by what it calls. */
  #task(): Schema {
    return this.#once("Task", () => {
      const calls = [...protocolArguments.keys()].map((protocol) => ({
        if: { required: ["call"], properties: { call: { const: protocol } } },
        // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
        then: this.of(callShape(protocol)),
      }));
      const others = Object.entries(taskShapes).map(([kind, shape]) => ({
        // A `for` also has a `do`, and a `try` may stand beside nothing else.
        if: kind === "do" ? { required: ["do"], not: { required: ["for"] } } : { required: [kind] },
        // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
        then: this.of(shape),
      }));
      const ofFunction = {
        if: { required: ["call"], properties: { call: { not: { enum: [...protocolArguments.keys()] } } } },
        // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
        then: this.of(callShape(undefined)),
      };
      const kinds = ["call", ...Object.keys(taskShapes)];
      return {
        type: "object",
        title: "a task",
        // Named here so that editors offer them before the kind of the task is known.
        properties: Object.fromEntries(kinds.map((kind) => [kind, {}])),
        anyOf: kinds.map((kind) => ({ required: [kind] })),
        allOf: [...calls, ofFunction, ...others],
      };
    });
  }

  #once(name: string, make: () => Schema): Schema {
    if (!this.#definitions.has(name)) {
      this.#definitions.set(name, {});
      this.#definitions.set(name, make());
    }
    return { $ref: `#/definitions/${name}` };
  }
}

function textSchema({ choices, pattern }: TextShape): Schema {
  if (choices !== undefined) return { type: "string", enum: [...choices] };
  return { type: "string", ...(pattern === undefined ? {} : { pattern: pattern.source }) };
}
