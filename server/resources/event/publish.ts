import { create, toJson } from "@bufbuild/protobuf";
import { timestampDate, ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  type CloudEvent,
  type PublishEventBatchRequest,
  PublishEventBatchRequestSchema,
  type PublishEventBatchResponse,
  PublishEventBatchResponseSchema,
  type PublishEventRequest,
  PublishEventRequestSchema,
  type PublishEventResponse,
  PublishEventResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/event_pb.ts";
import { type Json, type JsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { ApiError } from "../../errors/api-error.ts";
import { commitRefusal } from "../../pipeline/commit-refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { type Step, type StepScope, step } from "../../pipeline/step.ts";
import type { ResourcePorts } from "../ports.ts";
import type { PublishedEvents } from "./published-events.ts";

/** The organization of callers that say none. */
const DEFAULT_ORG = "local";
const ATTRIBUTES = new Set([
  "id",
  "source",
  "specversion",
  "type",
  "subject",
  "time",
  "datacontenttype",
  "dataschema",
  "data",
  "data_base64",
]);

/** Publishes one event. */
export function publishEvent(
  ports: ResourcePorts,
  published: PublishedEvents,
): UnaryHandler<PublishEventRequest, PublishEventResponse> {
  return Pipeline.start<PublishEventRequest>("event.publish")
    .step(authorize)
    .step(validateProto(PublishEventRequestSchema))
    .step(
      step("BuildEvents", ["INVALID_ARGUMENT"], ({ valid }: { readonly valid: PublishEventRequest }, scope) => ({
        ...built(valid.event === undefined ? [] : [valid.event], scope),
        org: valid.org,
      })),
    )
    .step(deliver(ports, published))
    .reply(ports.environment, ({ ids: [eventId = ""], known: [duplicate = false] }) =>
      create(PublishEventResponseSchema, { eventId, duplicate }),
    );
}

/** Publishes several events, all or none, in their order. */
export function publishEventBatch(
  ports: ResourcePorts,
  published: PublishedEvents,
): UnaryHandler<PublishEventBatchRequest, PublishEventBatchResponse> {
  return Pipeline.start<PublishEventBatchRequest>("event.publishBatch")
    .step(authorize)
    .step(validateProto(PublishEventBatchRequestSchema))
    .step(
      step("BuildEvents", ["INVALID_ARGUMENT"], ({ valid }: { readonly valid: PublishEventBatchRequest }, scope) => ({
        ...built(valid.events, scope),
        org: valid.org,
      })),
    )
    .step(deliver(ports, published))
    .reply(ports.environment, ({ ids, known }) =>
      create(PublishEventBatchResponseSchema, {
        results: ids.map((eventId, index) =>
          create(PublishEventResponseSchema, { eventId, duplicate: known[index] === true }),
        ),
      }),
    );
}

interface Built {
  readonly events: readonly JsonObject[];
  readonly ids: readonly string[];
}

/** Hands the events to the engine, those that are known too: who had one does not get it again. Adds which were `known`. */
function deliver(
  { engine }: ResourcePorts,
  published: PublishedEvents,
): Step<Built & { readonly org: string }, { readonly known: readonly boolean[] }> {
  return step("Deliver", [], async ({ events, org: given }, { unit }) => {
    const org = given === "" ? DEFAULT_ORG : given;
    const known = events.map((event) => published.has(org, event));
    if (unit.dryRun) return { known };
    try {
      await engine().publish(org, events);
    } catch (error) {
      throw commitRefusal(error);
    }
    return { known: events.map((event, index) => published.add(org, event) || known[index] === true) };
  });
}

function built(events: readonly CloudEvent[], { environment }: StepScope): Built {
  const made = events.map((event, index) =>
    cloudEvent(event, `events[${index}]`, environment.ulids.next(), environment.nowMs()),
  );
  return { events: made, ids: made.map(({ id }) => id as string) };
}

/** An event in the JSON form of CloudEvents 1.0. */
function cloudEvent(event: CloudEvent, field: string, ulid: string, nowMs: number): JsonObject {
  const json: Record<string, Json> = {
    specversion: "1.0",
    id: event.id === "" ? ulid : event.id,
    source: event.source,
    type: event.type,
    time: timeOf(event, field, nowMs),
    ...(event.subject === "" ? {} : { subject: event.subject }),
    ...(event.dataContentType === "" ? {} : { datacontenttype: event.dataContentType }),
    ...(event.dataSchema === "" ? {} : { dataschema: event.dataSchema }),
  };
  for (const [name, value] of Object.entries(event.extensions)) {
    if (ATTRIBUTES.has(name))
      throw eventInvalid(`${field}.extensions["${name}"]`, "is an attribute of its own, send it in its own field");
    if (value.kind.case === "structValue" || value.kind.case === "listValue") {
      throw eventInvalid(`${field}.extensions["${name}"]`, "should be a string, a number or a boolean");
    }
    setKey(json, name, toJson(ValueSchema, value) as Json);
  }
  if (event.payload.case === "data") json["data"] = toJson(ValueSchema, event.payload.value) as Json;
  if (event.payload.case === "binaryData") json["data_base64"] = Buffer.from(event.payload.value).toString("base64");
  return json;
}

function timeOf({ time }: CloudEvent, field: string, nowMs: number): string {
  if (time === undefined) return new Date(nowMs).toISOString();
  const date = timestampDate(time);
  if (Number.isNaN(date.getTime())) throw eventInvalid(`${field}.time`, "is no time that a calendar has");
  return date.toISOString();
}

function eventInvalid(field: string, description: string): ApiError {
  return new ApiError("EVENT_INVALID", `${field}: ${description}`, { violations: [{ field, description }] });
}
