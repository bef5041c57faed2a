import type { DescMethodServerStreaming, DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf";
import type { CallContext } from "../pipeline/call-context.ts";

/** The handlers of a service by the local names of its methods. */
export type ServiceImplementation<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: Service["method"][Name] extends DescMethodUnary<infer Input, infer Output>
    ? (request: MessageShape<Input>, call: CallContext) => Promise<MessageShape<Output>>
    : Service["method"][Name] extends DescMethodServerStreaming<infer Input, infer Output>
      ? (request: MessageShape<Input>, call: CallContext) => AsyncIterable<MessageShape<Output>>
      : never;
};

/** Where services are put; the transport's registry is one. */
export interface ServiceSink {
  register<Service extends DescService>(service: Service, implementation: ServiceImplementation<Service>): void;
}
