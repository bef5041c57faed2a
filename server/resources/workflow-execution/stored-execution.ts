import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import {
  type WorkflowExecution,
  WorkflowExecutionSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import type { Value } from "@bufbuild/protobuf/wkt";
import { JsonValue } from "../../pipeline/json-value.ts";
import type { RunRow } from "../../store/ports.ts";
import { jsonOfValue } from "./value-json.ts";

/** The field of a stored execution that holds the JSON of `spec.input`; the published message has none of that number. */
const INPUT_JSON = 15_000;
const VARINT_BYTES_MAX = 5;

/**
 * An execution as it is stored: the message, with its input as JSON text beside it. As a tree of messages an input takes an eighth of a start, and a reader that answers in JSON would take it apart again.
 */
export function encodeExecution(given: WorkflowExecution): Uint8Array {
  // A caller may send any field: one of this number is not the input.
  const execution = given.$unknown === undefined ? given : withoutInputField(given);
  const { spec } = execution;
  if (spec?.input === undefined) return toBinary(WorkflowExecutionSchema, execution);
  const { input, ...others } = spec;
  return withInput(toBinary(WorkflowExecutionSchema, { ...execution, spec: others }), textOf(input));
}

/** The execution as created. Of a run whose row is damaged the store has nothing but its names. */
export function executionOf({ data, id, org, slug, workflowId, instanceId }: StoredRun): WorkflowExecution {
  if (data.length > 0) return decodeExecution(data);
  return create(WorkflowExecutionSchema, {
    metadata: { id, org, slug, name: slug },
    spec: { workflowId, workflowInstanceId: instanceId },
  });
}

type StoredRun = Pick<RunRow, "data" | "id" | "org" | "slug" | "workflowId" | "instanceId">;

/** The execution of its stored form. */
export function decodeExecution(data: Uint8Array): WorkflowExecution {
  const execution = fromBinary(WorkflowExecutionSchema, data);
  const stored = execution.$unknown?.find(({ no }) => no === INPUT_JSON);
  if (stored === undefined || execution.spec === undefined) return execution;
  execution.spec.input = JsonValue.ofText(new BinaryReader(stored.data).string());
  return withoutInputField(execution);
}

function withoutInputField({ $unknown = [], ...known }: WorkflowExecution): WorkflowExecution {
  const others = $unknown.filter(({ no }) => no !== INPUT_JSON);
  return others.length === 0 ? known : { ...known, $unknown: others };
}

/** The bytes of a message and the field of the input after them, in one piece. */
function withInput(message: Uint8Array, text: string): Uint8Array {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(message.length + 2 * VARINT_BYTES_MAX + length);
  bytes.set(message);
  let at = putVarint(bytes, message.length, (INPUT_JSON << 3) | WireType.LengthDelimited);
  at = putVarint(bytes, at, length);
  return bytes.subarray(0, at + bytes.write(text, at));
}

/** Writes a number of at most 32 bits (protobuf.dev, "Encoding"); gives where the next byte goes. */
function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  for (; rest > 0x7f; rest >>>= 7) bytes[next++] = (rest & 0x7f) | 0x80;
  bytes[next++] = rest;
  return next;
}

function textOf(input: Value): string {
  return input instanceof JsonValue ? input.text : JSON.stringify(jsonOfValue(input));
}
