import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  getOption,
  hasOption,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { FieldRulesSchema, field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

import { ApiResourceKindSchema } from "../api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceIamPermissionSchema } from "../api/gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/iam_permission_pb.ts";
import {
  config,
  is_skip_authorization,
} from "../api/gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/method_options_pb.ts";
import { services } from "../api/services.ts";
import { fieldType } from "../api/wire/wire-shape.ts";
import { GENERAL_CODES } from "../server/pipeline/declared-codes.ts";
import { documentedCodes } from "../server/resources/documented-codes.ts";
import { compiledFiles } from "./generate.mjs";

/** Where the reference stands. */
export const apiReferencePath = path.resolve(import.meta.dirname, "../docs/reference/api.md");

/** The reference of the API in Markdown, made from the .proto files: their comments are its text. */
export async function apiReference(): Promise<string> {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await compiledFiles()));
  const lines = [
    "# The API",
    "",
    "Made from the .proto files by `npm run generate`. Every method is called over gRPC, gRPC-Web or Connect on one port; over plain HTTP it is a `POST` of JSON to `/<service>/<method>`.",
    `Each method lists the codes it may refuse with, from what its steps declare. Any method may also answer ${GENERAL_CODES.map((code) => `\`${code}\``).join(", ")}, and a write that loses ten races in a row \`ABORTED\`: see [errors](errors.md).`,
    "Fields from 1000 on, and the packages `ai.stigmer.orchestration`, are additions of this server to the published contract.",
    "",
  ];
  const used = new Map<string, DescMessage | DescEnum>();
  const codesOf = documentedCodes();
  for (const group of Object.values(services)) {
    for (const { typeName } of Object.values(group)) {
      const service = registry.getService(typeName);
      if (service === undefined) throw new Error(`Cannot document "${typeName}": it is not in the compiled files`);
      lines.push(...describeService(service, codesOf));
      for (const method of service.methods) [method.input, method.output].forEach((message) => gather(message, used));
    }
  }
  lines.push("# Messages", "");
  for (const [, type] of [...used].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    lines.push(...(type.kind === "message" ? describeMessage(type) : describeEnum(type)));
  return `${lines.join("\n").trimEnd()}\n`;
}

function describeService(service: DescService, codesOf: ReturnType<typeof documentedCodes>): string[] {
  const rows = service.methods.map((method) => {
    const stream = method.methodKind === "server_streaming" ? "stream " : "";
    return `| \`${method.name}\` | ${link(method.input)} → ${stream}${link(method.output)} | ${permission(method)} | ${comment(method)} | ${codesOf(
      method,
    )
      .map((code) => `\`${code}\``)
      .join(", ")} |`;
  });
  return [
    `## ${service.typeName}`,
    "",
    comment(service),
    "",
    "| method | request → response | permission | what it does | codes |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}

function permission(method: DescMethod): string {
  if (!hasOption(method, config)) return getOption(method, is_skip_authorization) ? "any caller" : "none";
  const { permission: needed, resourceKind } = getOption(method, config);
  return `\`${ApiResourceIamPermissionSchema.value[needed]?.name ?? ""}\` on ${ApiResourceKindSchema.value[resourceKind]?.name ?? "the resource"}`;
}

function describeMessage(message: DescMessage): string[] {
  if (message.fields.length === 0) return [`## ${message.typeName}`, "", comment(message), ""];
  const rows = message.fields.map(
    (field) =>
      `| ${field.number} | \`${field.name}\` | ${typeOf(field)} | ${[comment(field), rulesOf(field)].filter((part) => part !== "").join(" ")} |`,
  );
  return [
    `## ${message.typeName}`,
    "",
    comment(message),
    "",
    "| n | field | type | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}

function describeEnum(type: DescEnum): string[] {
  const rows = type.values.map((value) => `| ${value.number} | \`${value.name}\` | ${comment(value)} |`);
  return [`## ${type.typeName}`, "", comment(type), "", "| n | value | meaning |", "| --- | --- | --- |", ...rows, ""];
}

function typeOf(field: DescField): string {
  const type = field.message ?? field.enum;
  if (type === undefined || isForeign(type.typeName))
    return `\`${fieldType(field).replaceAll("google.protobuf.", "")}\``;
  return fieldType(field).replace(type.typeName, link(type)).replace("<", "&lt;").replace(">", "&gt;");
}

function rulesOf(field: DescField): string {
  const rules = toJson(FieldRulesSchema, getOption(field, fieldRules)) as Rules;
  const words: string[] = rules.required === true ? ["required"] : [];
  for (const rule of [...(rules.cel ?? []), ...(rules.repeated?.items?.cel ?? [])]) words.push(rule.message);
  for (const [name, inner] of Object.entries(rules)) {
    if (name === "required" || name === "cel" || name === "enum") continue;
    for (const [rule, value] of Object.entries(inner as object))
      if (rule !== "items") words.push(`${rule} \`${JSON.stringify(value).replaceAll("|", "\\|")}\``);
  }
  return words.length === 0 ? "" : `(${words.join("; ")})`;
}

interface Rules {
  readonly required?: boolean;
  readonly cel?: readonly { readonly message: string }[];
  readonly repeated?: { readonly items?: { readonly cel?: readonly { readonly message: string }[] } };
}

function gather(type: DescMessage | DescEnum, used: Map<string, DescMessage | DescEnum>): void {
  if (used.has(type.typeName) || isForeign(type.typeName)) return;
  used.set(type.typeName, type);
  if (type.kind === "enum") return;
  for (const field of type.fields) {
    if (field.message !== undefined) gather(field.message, used);
    if (field.enum !== undefined) gather(field.enum, used);
  }
}

const isForeign = (typeName: string): boolean => typeName.startsWith("google.protobuf.");

function link(type: DescMessage | DescEnum): string {
  return isForeign(type.typeName)
    ? `\`${type.name}\``
    : `[${type.name}](#${type.typeName.toLowerCase().replaceAll(/[^a-z0-9_-]/gu, "")})`;
}

type Commented = DescMessage | DescEnum | DescService | DescMethod | DescField | DescEnum["values"][number];

function comment(element: Commented): string {
  const { file, path: place } = placeOf(element);
  const location = file.proto.sourceCodeInfo?.location.find((each) => each.path.join() === place.join());
  return (location?.leadingComments ?? "")
    .trim()
    .replaceAll(/\s*\n\s*/gu, " ")
    .replaceAll("|", "\\|");
}

/** Where an element stands in its file, in the numbers of google.protobuf.SourceCodeInfo.Location. */
function placeOf(element: Commented): { readonly file: DescFile; readonly path: readonly number[] } {
  switch (element.kind) {
    case "message":
      return element.parent === undefined
        ? { file: element.file, path: [4, element.file.messages.indexOf(element)] }
        : {
            file: element.file,
            path: [...placeOf(element.parent).path, 3, element.parent.proto.nestedType.indexOf(element.proto)],
          };
    case "enum":
      return element.parent === undefined
        ? { file: element.file, path: [5, element.file.enums.indexOf(element)] }
        : {
            file: element.file,
            path: [...placeOf(element.parent).path, 4, element.parent.nestedEnums.indexOf(element)],
          };
    case "service":
      return { file: element.file, path: [6, element.file.services.indexOf(element)] };
    case "rpc":
      return {
        file: element.parent.file,
        path: [...placeOf(element.parent).path, 2, element.parent.methods.indexOf(element)],
      };
    case "field":
      return {
        file: element.parent.file,
        path: [...placeOf(element.parent).path, 2, element.parent.fields.indexOf(element)],
      };
    case "enum_value":
      return {
        file: element.parent.file,
        path: [...placeOf(element.parent).path, 2, element.parent.values.indexOf(element)],
      };
  }
}

if (process.argv[1] === import.meta.filename) writeFileSync(apiReferencePath, await apiReference());
