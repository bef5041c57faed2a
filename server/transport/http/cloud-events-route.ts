import { type JsonValue, create, fromJson } from "@bufbuild/protobuf";
import { TimestampSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { StigmerClient } from "@stigmer/api/client.ts";
import { type CloudEvent, CloudEventSchema } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/event_pb.ts";
import { type Json, type JsonObject, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { ApiError } from "../../errors/api-error.ts";
import { wellFormedJson } from "../interceptors/well-formed.ts";
import { type HttpRequest, type HttpRoute, jsonResponse } from "./http-route.ts";

const ATTRIBUTES = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "datacontenttype",
  "dataschema",
  "data",
  "data_base64",
]);

/**
 * `POST /events`: the door for CloudEvents over HTTP, in the structured, batched and binary content modes (CloudEvents HTTP binding 1.0). The organization is the query parameter `org`, by
 * default `local`. Answers 202 once the events are durable. `events` are published through the API, so that both doors are one.
 */
export function cloudEventsRoute(client: StigmerClient): HttpRoute {
  return {
    path: "/events",
    methods: ["POST"],
    async handle(request) {
      const events = await read(request);
      const org = request.query.get("org") ?? "local";
      const { results } = await client.event.service.publishBatch({ org, events: [...events] });
      return jsonResponse(202, { accepted: results.length, ids: results.map(({ eventId }) => eventId) });
    },
  };
}

async function read(request: HttpRequest): Promise<readonly CloudEvent[]> {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const body = await request.body();
  if (type === "application/cloudevents-batch+json") {
    const batch = parse(body);
    if (!isJsonArray(batch)) throw refusal("a batch should be a JSON array of events");
    return batch.map(structured);
  }
  if (type === "application/cloudevents+json") return [structured(parse(body))];
  if (request.headers["ce-type"] !== undefined) return [binary(request, type, body)];
  throw refusal(
    `the content type is "${type}", it should be application/cloudevents+json, application/cloudevents-batch+json, or any with ce-* headers`,
  );
}

function structured(value: Json): CloudEvent {
  if (!isJsonObject(value)) throw refusal("an event should be a JSON object");
  const payload =
    value["data"] === undefined ? base64(value) : ({ case: "data", value: toValue(value["data"]) } as const);
  return build(value, payload);
}

function binary(request: HttpRequest, type: string, body: Uint8Array): CloudEvent {
  const attributes: Record<string, Json> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith("ce-") && value !== undefined) attributes[name.slice(3)] = decode(value);
  }
  if (type !== "") attributes["datacontenttype"] = type;
  const isJson = type === "application/json" || type.endsWith("+json");
  if (body.length === 0) return build(attributes, undefined);
  return build(
    attributes,
    isJson
      ? { case: "data", value: toValue(parse(body)) }
      : type.startsWith("text/")
        ? { case: "data", value: toValue(new TextDecoder().decode(body)) }
        : { case: "binaryData", value: body },
  );
}

/** Header values are percent-encoded where they hold more than printable ASCII. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function base64(value: JsonObject): { readonly case: "binaryData"; readonly value: Uint8Array } | undefined {
  const text = value["data_base64"];
  if (text === undefined) return undefined;
  if (typeof text !== "string") throw refusal("data_base64 should be a text");
  return { case: "binaryData", value: new Uint8Array(Buffer.from(text, "base64")) };
}

function build(attributes: JsonObject, payload: CloudEvent["payload"] | undefined): CloudEvent {
  const text = (name: string): string => {
    const value = attributes[name];
    if (value !== undefined && typeof value !== "string") throw refusal(`attribute "${name}" should be a text`);
    return value ?? "";
  };
  const extensions = Object.fromEntries(
    Object.entries(attributes)
      .filter(([name]) => !ATTRIBUTES.has(name))
      .map(([name, value]) => [name, toValue(value)]),
  );
  const time = text("time");
  return create(CloudEventSchema, {
    id: text("id"),
    source: text("source"),
    specVersion: text("specversion"),
    type: text("type"),
    subject: text("subject"),
    dataContentType: text("datacontenttype"),
    dataSchema: text("dataschema"),
    extensions,
    ...(time === "" ? {} : { time: timestamp(time) }),
    ...(payload === undefined ? {} : { payload }),
  });
}

function timestamp(time: string): ReturnType<typeof fromJson<typeof TimestampSchema>> {
  try {
    return fromJson(TimestampSchema, time);
  } catch {
    throw refusal(`attribute "time" is "${time}", it should be an RFC 3339 timestamp`);
  }
}

const toValue = (value: Json) => fromJson(ValueSchema, value as JsonValue);

function parse(body: Uint8Array): Json {
  const { text } = wellFormedJson(body);
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw refusal("the body is not JSON");
  }
}

function refusal(why: string): ApiError {
  return new ApiError("EVENT_INVALID", `Cannot accept the event: ${why}`);
}
