import { type DescMessage, fromJson, fromJsonString, type Message, toJsonString } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { isJsonArray, isJsonObject, type Json } from "@stigmer/core/lib/json.ts";
import { JsonValue } from "../../pipeline/json-value.ts";
import { valueCarriers } from "../../pipeline/value-limits.ts";
import type { JsonText } from "../interceptors/well-formed.ts";

/*
 * Messages to and from JSON, their free-form values as they are: the protobuf library turns each text and number in them into a message and back, which for the input and output of a run costs more than all
 * else of a request.
 */

const options = { ignoreUnknownFields: true };

/** A message of its JSON. Throws what the library throws for what is none, a name that occurs twice in an object included. */
export function messageOfJson(schema: DescMessage, { text, members }: JsonText): Message {
  const json = parsed(text);
  // A name that occurs twice is dropped by JSON.parse without a word, by the library with one.
  if (json === undefined || membersOf(json) !== members) return fromJsonString(schema, text, options);
  const values: FreeValue[] = [];
  takeValues(schema, json, [], values);
  const message = fromJson(schema, json as never, options);
  for (const { path, value } of values) putValue(message, path, value);
  return message;
}

/** The JSON of a message, as text. */
export function jsonOfMessage(schema: DescMessage, message: Message): string {
  let rest: Record<string, unknown> | undefined;
  let values = "";
  for (const { localName, jsonName } of valueCarriers(schema)) {
    const value = (message as unknown as Record<string, unknown>)[localName];
    if (!(value instanceof JsonValue)) continue;
    rest ??= { ...message };
    delete rest[localName];
    values += `,${JSON.stringify(jsonName)}:${value.text}`;
  }
  if (rest === undefined) return toJsonString(schema, message);
  const text = toJsonString(schema, rest as unknown as Message);
  return text === "{}" ? `{${values.slice(1)}}` : `${text.slice(0, -1)}${values}}`;
}

/** A free-form value and the fields that lead to it. */
interface FreeValue {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The library says what is wrong with it.
    return undefined;
  }
}

/** How many names with a value all objects in it have together. */
function membersOf(json: Json): number {
  if (typeof json !== "object" || json === null) return 0;
  let count = 0;
  if (isJsonArray(json)) {
    for (const item of json) count += membersOf(item);
    return count;
  }
  for (const key of Object.keys(json)) count += 1 + membersOf(json[key] as Json);
  return count;
}

/** Takes free-form values out of the JSON of a message and leaves null in their place. */
function takeValues(schema: DescMessage, json: Json, path: readonly string[], found: FreeValue[]): void {
  if (!isJsonObject(json)) return;
  for (const field of valueCarriers(schema)) {
    if (field.fieldKind !== "message" || field.oneof !== undefined) continue;
    const name = [field.jsonName, field.name].find((candidate) => Object.hasOwn(json, candidate));
    if (name === undefined) continue;
    const inner = json[name] as Json;
    const at = [...path, field.localName];
    if (field.message.typeName !== ValueSchema.typeName) takeValues(field.message, inner, at, found);
    else {
      found.push({ path: at, value: JsonValue.of(inner) });
      (json as Record<string, Json>)[name] = null;
    }
  }
}

function putValue(message: Message, path: readonly string[], value: JsonValue): void {
  let holder = message as unknown as Record<string, unknown>;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
  holder[path.at(-1) as string] = value;
}
