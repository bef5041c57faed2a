import { Buffer } from "node:buffer";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { WorkflowExecutionSpecSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/spec_pb.ts";
import { isJsonArray, isJsonObject, type Json } from "@stigmer/core/lib/json.ts";

/*
 * The input of a run in the binary form of protobuf, straight from JSON. It is written from its end to its beginning: so the length of what a field holds is known when its head is written, and one
 * pass does. The general encoder walks a tree of messages by reflection, which for an input of 100 KB takes longer than everything else a start does.
 */

const SPEC = WorkflowExecutionSchema.field.spec.number;
const INPUT = WorkflowExecutionSpecSchema.field.input.number;

/** Wire types (protobuf.dev, "Encoding"). */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** Fields of google.protobuf.Value, Struct, its entries, and ListValue. */
const NULL_VALUE = 1;
const NUMBER_VALUE = 2;
const STRING_VALUE = 3;
const BOOL_VALUE = 4;
const STRUCT_VALUE = 5;
const LIST_VALUE = 6;
const ITEMS = 1;
const KEY = 1;
const VALUE = 2;

/** Up to this length a text is written character by character. */
const SHORT = 40;

/**
 * The bytes of an execution with nothing but `spec.input`. Put after those of an execution without an input they are one with it: a message that occurs twice is merged (protobuf.dev, "Last One
 * Wins").
 */
export function encodeInput(input: Json): Uint8Array {
  const writer = new BackwardWriter();
  writer.value(input);
  writer.head(INPUT, 0);
  writer.head(SPEC, 0);
  return writer.bytes();
}

class BackwardWriter {
  #buffer = Buffer.allocUnsafe(1024);
  /** Where the bytes written so far begin. */
  #at = this.#buffer.length;

  bytes(): Uint8Array {
    return this.#buffer.subarray(this.#at);
  }

  /** A value, without the head of the field that holds it. */
  value(json: Json): void {
    if (typeof json === "string") {
      this.#text(STRING_VALUE, json);
    } else if (typeof json === "number") {
      this.#room(8);
      this.#at = this.#buffer.writeDoubleLE(json, this.#at - 8) - 8;
      this.#varint((NUMBER_VALUE << 3) | FIXED64);
    } else if (typeof json === "boolean") {
      this.#varint(json ? 1 : 0);
      this.#varint((BOOL_VALUE << 3) | VARINT);
    } else if (isJsonArray(json)) {
      const end = this.#length;
      for (let index = json.length - 1; index >= 0; index--) this.#nested(ITEMS, json[index] as Json);
      this.head(LIST_VALUE, end);
    } else if (isJsonObject(json)) {
      const end = this.#length;
      for (const key of Object.keys(json).reverse()) {
        const endOfEntry = this.#length;
        this.#nested(VALUE, json[key] as Json);
        this.#text(KEY, key);
        this.head(ITEMS, endOfEntry);
      }
      this.head(STRUCT_VALUE, end);
    } else {
      this.#varint(0);
      this.#varint((NULL_VALUE << 3) | VARINT);
    }
  }

  /** The head of a field that holds everything since `end` bytes were written. */
  head(field: number, end: number): void {
    this.#varint(this.#length - end);
    this.#varint((field << 3) | BYTES);
  }

  get #length(): number {
    return this.#buffer.length - this.#at;
  }

  #nested(field: number, json: Json): void {
    const end = this.#length;
    this.value(json);
    this.head(field, end);
  }

  #text(field: number, text: string): void {
    const end = this.#length;
    if (text.length > SHORT || !this.#ascii(text)) {
      const length = Buffer.byteLength(text);
      this.#room(length);
      this.#at -= length;
      this.#buffer.write(text, this.#at, length, "utf8");
    }
    this.head(field, end);
  }

  /** Writes a text if it is plain ASCII; nothing otherwise. For the short texts that most are it takes less than a call of the platform. */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#room(length);
    const at = this.#at - length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      this.#buffer[at + index] = code;
    }
    this.#at = at;
    return true;
  }

  #varint(value: number): void {
    this.#room(5);
    let length = 1;
    for (let rest = value; rest > 0x7f; rest >>>= 7) length++;
    this.#at -= length;
    let at = this.#at;
    for (; value > 0x7f; value >>>= 7) this.#buffer[at++] = (value & 0x7f) | 0x80;
    this.#buffer[at] = value;
  }

  #room(bytes: number): void {
    if (this.#at >= bytes) return;
    const length = this.#length;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, length + bytes));
    this.#buffer.copy(larger, larger.length - length, this.#at);
    this.#at = larger.length - length;
    this.#buffer = larger;
  }
}
