import {
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  getOption,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { ApiResourceKindSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { api_resource_kind } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/rpc_service_options_pb.ts";

import { declaredPermission } from "../pipeline/steps/authorize.ts";
import type { Call } from "./call.ts";

type Unary<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: Call,
) => Promise<MessageInitShape<O>>;
type ServerStream<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: Call,
) => AsyncIterable<MessageInitShape<O>>;
type Streams<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageShape<I>>,
  call: Call,
) => AsyncIterable<MessageInitShape<O>>;

/** The function that a method needs. */
export type MethodImplementation<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? Unary<I, O>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? ServerStream<I, O>
      : M extends DescMethodBiDiStreaming<infer I, infer O> | DescMethodClientStreaming<infer I, infer O>
        ? Streams<I, O>
        : never;

/** Functions for the methods of a service. One that is left out answers UNIMPLEMENTED. */
export type ServiceImplementation<S extends DescService> = {
  readonly [M in keyof S["method"]]?: MethodImplementation<S["method"][M]>;
};

/** A handler without its types, as the dispatcher calls it: a message or a stream in, a message or a stream out. */
export type UntypedHandler = (
  request: Message | AsyncIterable<Message>,
  call: Call,
) => Promise<object> | AsyncIterable<object>;

/** A method with everything that each call of it needs, found once. */
export interface MethodEntry {
  readonly method: DescMethod;
  /** `/package.Service/method`. */
  readonly path: string;
  /** `package.Service/method`, the label in logs and metrics. */
  readonly label: string;
  /** Name of the kind that the service is about; empty when it says none. */
  readonly resourceKind: string;
  /** True when no permission is needed: health and reflection, which declare none. */
  readonly isOpen: boolean;
  /** True for what changes or ends what is there, such as a cancellation: it is not refused when too much waits, since it may be what helps. */
  readonly isControl: boolean;
  readonly handler: UntypedHandler | undefined;
}

/** All services of a server, whoever calls and however. */
export class ServiceRegistry {
  readonly #services: DescService[] = [];
  readonly #byPath = new Map<string, MethodEntry>();
  readonly #byMethod = new Map<DescMethod, MethodEntry>();

  /** The services in the order of registration. */
  get services(): readonly DescService[] {
    return this.#services;
  }

  /** All methods. */
  get methods(): Iterable<MethodEntry> {
    return this.#byMethod.values();
  }

  /** Adds a service. `access: "open"` is for protocols that declare no permissions; everything else is denied without one. */
  register<S extends DescService>(
    service: S,
    implementation: ServiceImplementation<S>,
    options: { readonly access?: "open" } = {},
  ): void {
    if (this.#services.some((known) => known.typeName === service.typeName)) {
      throw new Error(`Cannot register service "${service.typeName}": it is registered already`);
    }
    const kind = ApiResourceKindSchema.value[getOption(service, api_resource_kind)];
    this.#services.push(service);
    for (const method of service.methods) {
      const label = `${service.typeName}/${method.name}`;
      const entry: MethodEntry = {
        method,
        path: `/${label}`,
        label,
        resourceKind: kind === undefined || kind.number === 0 ? "" : kind.name,
        isOpen: options.access === "open",
        isControl: isControl(method),
        handler: bind(implementation, method.localName),
      };
      this.#byPath.set(entry.path, entry);
      this.#byMethod.set(method, entry);
    }
  }

  /** The method at a path of HTTP. */
  atPath(path: string): MethodEntry | undefined {
    return this.#byPath.get(path);
  }

  /** The method of a descriptor. */
  ofMethod(method: DescMethod): MethodEntry | undefined {
    return this.#byMethod.get(method);
  }
}

function isControl(method: DescMethod): boolean {
  const declared = declaredPermission(method);
  return declared.kind === "permission" && CONTROL_PERMISSIONS.has(declared.permission);
}

const CONTROL_PERMISSIONS: ReadonlySet<string> = new Set(["can_delete", "can_edit", "operator"]);

function bind(implementation: object, name: string): UntypedHandler | undefined {
  const found = (implementation as Record<string, UntypedHandler | undefined>)[name];
  return found?.bind(implementation);
}
