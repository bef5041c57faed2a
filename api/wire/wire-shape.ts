import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { FieldRulesSchema, field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

import { ApiResourceKindSchema } from "../gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { computed, immutable, is_expression } from "../gen/ai/stigmer/commons/apiresource/field_options_pb.ts";
import { api_resource_kind } from "../gen/ai/stigmer/commons/apiresource/rpc_service_options_pb.ts";
import { RpcAuthorizationConfigSchema } from "../gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/io_pb.ts";
import {
  config,
  is_public,
  is_skip_authorization,
} from "../gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/method_options_pb.ts";

/** The parts of an API that clients depend on, one entry a part: `field a.B.c` says number and type, `auth a.S.m` the permission, and so on. */
export type WireShape = Map<string, string>;

/** JSON with sorted keys, so that equal values are equal texts. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Takes compiled descriptors apart into the parts that clients depend on. */
export function wireShape(files: Iterable<DescFile>): WireShape {
  const shape: WireShape = new Map();
  for (const file of files) {
    for (const type of file.enums) addEnum(shape, type);
    for (const message of file.messages) addMessage(shape, message);
    for (const extension of file.extensions) addExtension(shape, extension);
    for (const service of file.services) addService(shape, service);
  }
  return shape;
}

function addEnum(shape: WireShape, type: DescEnum): void {
  shape.set(`enum ${type.typeName}`, "");
  for (const value of type.values) shape.set(`value ${type.typeName}.${value.name}`, String(value.number));
}

function addMessage(shape: WireShape, message: DescMessage): void {
  shape.set(`message ${message.typeName}`, "");
  for (const field of message.fields) {
    const name = `${message.typeName}.${field.name}`;
    const oneof = field.oneof === undefined ? "" : ` oneof ${field.oneof.name}`;
    const optional = field.proto.proto3Optional ? " optional" : "";
    shape.set(`field ${name}`, `${field.number} ${fieldType(field)}${oneof}${optional}`);
    const rules = getOption(field, fieldRules);
    const json = sortedJson(toJson(FieldRulesSchema, rules));
    if (json !== "{}") shape.set(`rules ${name}`, json);
    for (const option of [computed, immutable, is_expression]) {
      if (getOption(field, option)) shape.set(`option ${name} ${option.name}`, "true");
    }
  }
  for (const nested of message.nestedMessages) addMessage(shape, nested);
}

function addExtension(shape: WireShape, extension: DescExtension): void {
  shape.set(
    `extension ${extension.typeName}`,
    `${extension.extendee.typeName} ${extension.number} ${fieldType(extension)}`,
  );
}

function addService(shape: WireShape, service: DescService): void {
  const kind = ApiResourceKindSchema.value[getOption(service, api_resource_kind)];
  shape.set(`service ${service.typeName}`, kind === undefined || kind.number === 0 ? "" : kind.name);
  for (const method of service.methods) addMethod(shape, method);
}

function addMethod(shape: WireShape, method: DescMethod): void {
  const name = `${method.parent.typeName}.${method.name}`;
  shape.set(`method ${name}`, `${method.input.typeName} -> ${method.methodKind} ${method.output.typeName}`);
  const authorization = sortedJson(toJson(RpcAuthorizationConfigSchema, getOption(method, config)));
  if (authorization !== "{}") shape.set(`auth ${name}`, authorization);
  if (getOption(method, is_skip_authorization)) shape.set(`auth ${name}`, "skip");
  if (getOption(method, is_public)) shape.set(`auth ${name}`, "public");
}

/** The type of a field as .proto files write it, with full names: `repeated a.B`, `map<string, int32>`. */
export function fieldType(field: DescField | DescExtension): string {
  const single = (scalar?: ScalarType, message?: DescMessage, type?: DescEnum): string =>
    message?.typeName ?? type?.typeName ?? ScalarType[scalar ?? 0]?.toLowerCase() ?? "unknown";
  if (field.fieldKind === "map") {
    return `map<${single(field.mapKey)}, ${single(field.scalar, field.message, field.enum)}>`;
  }
  const type = single(field.scalar, field.message, field.enum);
  return field.fieldKind === "list" ? `repeated ${type}` : type;
}
