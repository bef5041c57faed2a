import { type DescFile, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from "@stigmer/api/gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "@stigmer/api/gen/grpc/reflection/v1alpha/reflection_pb.ts";

import type { ServiceRegistry } from "./service-registry.ts";

const GRPC_NOT_FOUND = 5;
const GRPC_INVALID_ARGUMENT = 3;

type Response = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>>;
type Answer = NonNullable<Response["messageResponse"]>;

/** Registers reflection in both versions that tools ask for. It tells of every service in the registry, and of the files all their messages come from. */
export function registerReflection(registry: ServiceRegistry): void {
  const files = new ReflectedFiles(registry);
  registry.register(
    ServerReflection,
    {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) yield respond(files, request);
      },
    },
    { access: "open" },
  );
  registry.register(
    ServerReflectionAlpha,
    {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          // The two versions differ in nothing but the name of their package.
          const { originalRequest: _, ...answer } = respond(files, request as unknown as ServerReflectionRequest);
          yield { ...answer, originalRequest: request } as never;
        }
      },
    },
    { access: "open" },
  );
}

function respond(files: ReflectedFiles, request: ServerReflectionRequest): Response {
  return { validHost: request.host, originalRequest: request, messageResponse: answer(files, request) };
}

function answer(files: ReflectedFiles, { messageRequest }: ServerReflectionRequest): Answer {
  switch (messageRequest.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: files.services().map((name) => ({ name })) } };
    case "fileByFilename":
      return fileAnswer(files, files.byName(messageRequest.value), `file "${messageRequest.value}"`);
    case "fileContainingSymbol":
      return fileAnswer(files, files.bySymbol(messageRequest.value), `symbol "${messageRequest.value}"`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = messageRequest.value;
      return fileAnswer(
        files,
        files.byExtension(containingType, extensionNumber),
        `extension ${extensionNumber} of "${containingType}"`,
      );
    }
    case "allExtensionNumbersOfType": {
      const numbers = files.extensionNumbers(messageRequest.value);
      if (numbers === undefined) return notFound(`message "${messageRequest.value}"`);
      return {
        case: "allExtensionNumbersResponse",
        value: { baseTypeName: messageRequest.value, extensionNumber: [...numbers] },
      };
    }
    case undefined:
      return {
        case: "errorResponse",
        value: { errorCode: GRPC_INVALID_ARGUMENT, errorMessage: "Cannot answer: the request asks nothing" },
      };
  }
}

function fileAnswer(files: ReflectedFiles, file: DescFile | undefined, what: string): Answer {
  return file === undefined
    ? notFound(what)
    : { case: "fileDescriptorResponse", value: { fileDescriptorProto: files.withImports(file) } };
}

function notFound(what: string): Answer {
  return {
    case: "errorResponse",
    value: { errorCode: GRPC_NOT_FOUND, errorMessage: `Cannot find ${what}: this server does not have it` },
  };
}

/** The files of all registered services with an index of what they declare; made when first asked, when registration is over. */
class ReflectedFiles {
  readonly #registry: ServiceRegistry;
  #index: FileIndex | undefined;

  constructor(registry: ServiceRegistry) {
    this.#registry = registry;
  }

  services(): string[] {
    return this.#registry.services.map((service) => service.typeName);
  }

  byName(name: string): DescFile | undefined {
    return this.#indexed().files.get(name);
  }

  bySymbol(symbol: string): DescFile | undefined {
    return this.#indexed().symbols.get(symbol);
  }

  byExtension(type: string, number: number): DescFile | undefined {
    return this.#indexed().extensions.get(type)?.get(number);
  }

  extensionNumbers(type: string): Iterable<number> | undefined {
    const { extensions, symbols } = this.#indexed();
    return symbols.has(type) ? (extensions.get(type)?.keys() ?? []) : undefined;
  }

  /** The file and everything it imports, in binary form. */
  withImports(file: DescFile): Uint8Array[] {
    const all = new Set<DescFile>();
    const add = (next: DescFile): void => {
      if (all.has(next)) return;
      all.add(next);
      next.dependencies.forEach(add);
    };
    add(file);
    return [...all].map((each) => toBinary(FileDescriptorProtoSchema, each.proto));
  }

  #indexed(): FileIndex {
    return (this.#index ??= indexFiles(this.#registry.services.map((service) => service.file)));
  }
}

interface FileIndex {
  readonly files: Map<string, DescFile>;
  readonly symbols: Map<string, DescFile>;
  readonly extensions: Map<string, Map<number, DescFile>>;
}

function indexFiles(roots: readonly DescFile[]): FileIndex {
  const index: FileIndex = { files: new Map(), symbols: new Map(), extensions: new Map() };
  const visit = (file: DescFile): void => {
    if (index.files.has(file.proto.name)) return;
    index.files.set(file.proto.name, file);
    file.dependencies.forEach(visit);
    indexSymbols(index, file);
  };
  roots.forEach(visit);
  return index;
}

function indexSymbols({ symbols, extensions }: FileIndex, file: DescFile): void {
  const messages = [...file.messages];
  // Nested messages are appended while the list is walked.
  for (const message of messages) {
    symbols.set(message.typeName, file);
    messages.push(...message.nestedMessages);
    for (const field of message.fields) symbols.set(`${message.typeName}.${field.name}`, file);
    for (const type of message.nestedEnums) symbols.set(type.typeName, file);
  }
  for (const type of file.enums) symbols.set(type.typeName, file);
  for (const service of file.services) {
    symbols.set(service.typeName, file);
    for (const method of service.methods) symbols.set(`${service.typeName}.${method.name}`, file);
  }
  for (const extension of file.extensions) {
    symbols.set(extension.typeName, file);
    const numbers = extensions.get(extension.extendee.typeName) ?? new Map<number, DescFile>();
    extensions.set(extension.extendee.typeName, numbers.set(extension.number, file));
  }
}
