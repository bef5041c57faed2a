import protobuf from "protobufjs";
import { type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import { configurationFault, invalidArgument } from "../activity-arguments.ts";
import { unusableProto } from "./proto-files.ts";

/** A method of a service, ready to be called with JSON. */
export interface ProtoMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  encode(message: Json): Buffer;
  decode(bytes: Uint8Array): Json;
}

/** How messages become JSON: the proto3 JSON mapping where it is unambiguous; 64-bit integers as text, bytes as base64, enums by name, defaults filled in. */
const CONVERSION: protobuf.IConversionOptions = {
  longs: String,
  enums: String,
  bytes: String,
  defaults: true,
  arrays: true,
  objects: true,
  oneofs: false,
  json: true,
};

/** Finds a method; the service may be named with or without its package, as long as that is unambiguous. */
export function protoMethod(root: protobuf.Root, serviceName: string, methodName: string): ProtoMethod {
  const services = servicesOf(root);
  const matching = services.filter((service) => {
    const full = service.fullName.slice(1);
    return full === serviceName || full.endsWith(`.${serviceName}`);
  });
  const exact =
    matching.find((service) => service.fullName === `.${serviceName}`) ??
    (matching.length === 1 ? matching[0] : undefined);
  if (exact === undefined) {
    throw configurationFault(
      "Unknown service",
      `Cannot find service "${serviceName}" in the proto resource: it has ${services.map((service) => service.fullName.slice(1)).join(", ") || "none"}`,
    );
  }
  const method = Object.hasOwn(exact.methods, methodName) ? exact.methods[methodName] : undefined;
  if (method === undefined) {
    throw configurationFault(
      "Unknown method",
      `Cannot find method "${methodName}" of service "${serviceName}": it has ${Object.keys(exact.methods).join(", ") || "none"}`,
    );
  }
  method.resolve();
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (request === null || response === null) throw unusableProto(`the types of "${methodName}" are not defined`);
  return {
    path: `/${exact.fullName.slice(1)}/${methodName}`,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    encode: (message) => encodeMessage(request, message),
    decode: (bytes) => response.toObject(response.decode(bytes), CONVERSION),
  };
}

function encodeMessage(type: protobuf.Type, message: Json): Buffer {
  try {
    checkFields(type, message, "arguments");
    return Buffer.from(type.encode(type.fromObject(message as JsonObject)).finish());
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && error.name === "Error")) {
      throw invalidArgument("arguments", message, `a ${type.fullName.slice(1)} (${error.message})`);
    }
    throw error;
  }
}

/** Refuses names the message does not have, which protobufjs would drop without a word; both spellings of a field are known. */
function checkFields(type: protobuf.Type, message: Json, place: string): void {
  if (typeof message !== "object" || message === null || Array.isArray(message))
    throw invalidArgument(place, message, `an object (${type.fullName.slice(1)})`);
  if (type.fullName.startsWith(".google.protobuf.")) return;
  for (const [name, value] of Object.entries(message as JsonObject)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (field === undefined)
      throw invalidArgument(
        `${place}.${name}`,
        value,
        `a field of ${type.fullName.slice(1)}: ${Object.keys(type.fields).join(", ")}`,
      );
    field.resolve();
    if (!(field.resolvedType instanceof protobuf.Type) || value === null) continue;
    const items: readonly Json[] = field.map
      ? Object.values(value as JsonObject)
      : field.repeated && Array.isArray(value)
        ? (value as readonly Json[])
        : [value];
    for (const item of items) if (item !== null) checkFields(field.resolvedType, item, `${place}.${name}`);
  }
}

function servicesOf(namespace: protobuf.NamespaceBase): readonly protobuf.Service[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) return [nested];
    return nested instanceof protobuf.Namespace ? servicesOf(nested) : [];
  });
}
