import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { FieldViolation } from "../errors/api-error.ts";
import type { ErrorReason } from "../errors/catalogue.ts";
import { JsonValue } from "./json-value.ts";

/** Deepest nesting of a free-form value, the limit of every boundary. */
export const VALUE_DEPTH_MAX = 64;

/** A free-form value at fault. */
export interface ValueFault extends FieldViolation {
  readonly reason: Extract<ErrorReason, "NUMBER_INVALID" | "NESTING_TOO_DEEP" | "REQUEST_INVALID">;
}

const carriers = new Map<DescMessage, readonly DescField[]>();

/** Finds a free-form value that cannot be JSON (NaN, infinity such as a text `1e999` becomes) or is nested too deep; undefined when there is none. */
export function findValueFault(schema: DescMessage, message: Message): ValueFault | undefined {
  return faultIn(schema, message, "", 0);
}

function faultIn(schema: DescMessage, message: Message, path: string, depth: number): ValueFault | undefined {
  for (const field of valueCarriers(schema)) {
    const value = (message as unknown as Record<string, unknown>)[field.localName];
    const inner = field.oneof === undefined ? value : oneofValue(message, field);
    if (inner === undefined) continue;
    const fault = faultInField(field, inner, path === "" ? field.name : `${path}.${field.name}`, depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function oneofValue(message: Message, field: DescField): unknown {
  const oneof = (message as unknown as Record<string, { case?: string; value?: unknown }>)[
    field.oneof?.localName ?? ""
  ];
  return oneof?.case === field.localName ? oneof.value : undefined;
}

function faultInField(field: DescField, value: unknown, path: string, depth: number): ValueFault | undefined {
  if (depth > VALUE_DEPTH_MAX) return tooDeep(path);
  const check = (item: unknown, at: string): ValueFault | undefined => {
    const type = field.message;
    if (type === undefined) return undefined;
    if (type.typeName === "google.protobuf.Struct" || type.typeName === "google.protobuf.Value")
      return jsonFault(item, at, 0);
    return faultIn(type, item as Message, at, depth + 1);
  };
  if (field.fieldKind === "list")
    return firstFault(
      (value as unknown[]).map((item, index) => [item, `${path}[${index}]`] as const),
      check,
    );
  if (field.fieldKind === "map")
    return firstFault(
      Object.entries(value as object).map(([key, item]) => [item, `${path}["${key}"]`] as const),
      check,
    );
  return check(value, path);
}

function firstFault(
  items: readonly (readonly [unknown, string])[],
  check: (item: unknown, at: string) => ValueFault | undefined,
): ValueFault | undefined {
  for (const [item, at] of items) {
    const fault = check(item, at);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const someValue = create(ValueSchema);

/**
 * The message with an empty value wherever it, or a message within, holds a free-form one: what rules of a proto can say of it is no more than whether it is there, and a validator would walk all of it by
 * reflection. Copies only what it changes.
 */
export function withoutValues<M extends Message>(schema: DescMessage, message: M): M {
  let copy: Record<string, unknown> | undefined;
  for (const field of valueCarriers(schema)) {
    if (field.fieldKind !== "message" || field.oneof !== undefined) continue;
    const held = (message as unknown as Record<string, unknown>)[field.localName];
    if (held === undefined) continue;
    const lighter =
      field.message.typeName === ValueSchema.typeName ? someValue : withoutValues(field.message, held as Message);
    if (lighter !== held) copy = { ...(copy ?? message), [field.localName]: lighter };
  }
  return (copy ?? message) as M;
}

/** Walks plain JSON (a Struct) and Value messages alike; a Value's wrappers do not count as nesting. */
function jsonFault(value: unknown, path: string, depth: number): ValueFault | undefined {
  if (depth > VALUE_DEPTH_MAX) return tooDeep(path);
  if (typeof value === "number" && !Number.isFinite(value)) {
    return {
      field: path,
      description: "is not a finite number, should be a number that JSON can carry",
      reason: "NUMBER_INVALID",
    };
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return undefined;
  if (value instanceof JsonValue) return jsonFault(value.json, path, depth);
  if (isValueMessage(value))
    return value.kind.case === undefined ? empty(path) : jsonFault(unwrapped(value), path, depth);
  const items = Array.isArray(value) ? value : Object.values(value);
  for (const item of items) {
    const fault = jsonFault(item, path, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

interface ValueMessage {
  readonly kind: { readonly case: string | undefined; readonly value?: unknown };
}

function isValueMessage(value: object): value is ValueMessage {
  return (value as { $typeName?: string }).$typeName === "google.protobuf.Value";
}

function unwrapped(value: ValueMessage): unknown {
  const inner = value.kind.value;
  return value.kind.case === "listValue" ? (inner as { values: unknown[] }).values : inner;
}

function empty(path: string): ValueFault {
  return { field: path, description: "holds no value, should be null for none", reason: "REQUEST_INVALID" };
}

function tooDeep(path: string): ValueFault {
  return { field: path, description: `is nested deeper than ${VALUE_DEPTH_MAX} levels`, reason: "NESTING_TOO_DEEP" };
}

/** Which fields of a message can hold free-form values (google.protobuf.Struct, Value), themselves or further down; computed once a message type. */
export function valueCarriers(schema: DescMessage): readonly DescField[] {
  let fields = carriers.get(schema);
  if (fields === undefined) {
    fields = schema.fields.filter((field) => carriesValues(field.message, new Set([schema])));
    carriers.set(schema, fields);
  }
  return fields;
}

function carriesValues(schema: DescMessage | undefined, seen: Set<DescMessage>): boolean {
  if (schema === undefined || seen.has(schema)) return false;
  if (schema.typeName === "google.protobuf.Struct" || schema.typeName === "google.protobuf.Value") return true;
  seen.add(schema);
  return schema.fields.some((field) => carriesValues(field.message, seen));
}
