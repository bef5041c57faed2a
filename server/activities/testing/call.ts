import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind } from "@stigmer/core/protocol/command.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type ActivityContext } from "../activity.ts";
import { type ActivityHost, createActivityHost } from "../index.ts";
import type { ActivityOptionsInput } from "../activity-options.ts";

/** The context of a call in tests. */
export function testContext(
  given: {
    readonly secrets?: JsonObject;
    readonly signal?: AbortSignal;
    readonly key?: string;
    readonly traceparent?: string;
  } = {},
): ActivityContext {
  const secrets: JsonObject = given.secrets ?? {};
  const { signal = new AbortController().signal } = given;
  return {
    runId: "run-1",
    org: "acme",
    task: { name: "call", pointer: "/do/0/call", iterations: [], attempt: 1 },
    idempotencyKey: given.key ?? "run-1/do/0/call/0",
    ...(given.traceparent === undefined ? {} : { traceparent: given.traceparent }),
    stop: signal,
    signal,
    secret(path) {
      let value: Json | undefined = secrets;
      for (const segment of path) {
        value = isJsonObject(value) ? getKey(value, segment) : isJsonArray(value) ? value[Number(segment)] : undefined;
      }
      return value;
    },
  };
}

/** A host that may call loopback, where all peers of tests are. */
export function testHost(options: ActivityOptionsInput = {}): ActivityHost {
  return createActivityHost({ network: { allowLoopback: true }, ...options });
}

/** The fault an activity ends in; an activity that does not is an error. */
export async function faultOf(
  host: ActivityHost,
  kind: ActivityKind,
  input: JsonObject,
  context: ActivityContext = testContext(),
): Promise<Fault> {
  try {
    const result = await host.runner.run(kind, input, context);
    throw new Error(`no fault but ${JSON.stringify(result)}`);
  } catch (error) {
    if (error instanceof ActivityFault) return error.fault;
    throw error;
  }
}

/** A data URI of a JSON document, as an external resource. */
export function inlineResource(document: Json | string, mediaType = "application/json"): JsonObject {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  return { endpoint: `data:${mediaType};base64,${Buffer.from(text).toString("base64")}` };
}
