import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { StreamResponse, Transport, UnaryResponse } from "@connectrpc/connect";
import { Client, credentials, Metadata } from "@grpc/grpc-js";

/** A foreign gRPC client behind the generated clients: grpc-js carries the bytes, and its errors come through as they are. */
export function createGrpcJsTransport(address: string): Transport & { close(): void } {
  const channel = new Client(address, credentials.createInsecure());
  return {
    close: () => channel.close(),
    unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      _signal: AbortSignal | undefined,
      _timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: MessageInitShape<I>,
    ): Promise<UnaryResponse<I, O>> {
      return new Promise((resolve, reject) => {
        channel.makeUnaryRequest(
          pathOf(method),
          (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
          (bytes: Buffer) => fromBinary(method.output, bytes) as MessageShape<O>,
          create(method.input, input) as MessageShape<I>,
          metadataOf(header),
          (error, message) => {
            if (error !== null) reject(error);
            else
              resolve({
                stream: false,
                service: method.parent,
                method,
                header: new Headers(),
                trailer: new Headers(),
                message: message as MessageShape<O>,
              });
          },
        );
      });
    },
    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      _signal: AbortSignal | undefined,
      _timeoutMs: number | undefined,
      header: HeadersInit | undefined,
      input: AsyncIterable<MessageInitShape<I>>,
    ): Promise<StreamResponse<I, O>> {
      let request: MessageInitShape<I> | undefined;
      for await (const message of input) request = message;
      const message = channel.makeServerStreamRequest(
        pathOf(method),
        (value: MessageShape<I>) => Buffer.from(toBinary(method.input, value)),
        (bytes: Buffer) => fromBinary(method.output, bytes) as MessageShape<O>,
        create(method.input, request) as MessageShape<I>,
        metadataOf(header),
      );
      return {
        stream: true,
        service: method.parent,
        method,
        header: new Headers(),
        trailer: new Headers(),
        message: message as AsyncIterable<MessageShape<O>>,
      };
    },
  };
}

type HeadersInit = ConstructorParameters<typeof Headers>[0];

function pathOf(method: DescMethodUnary | DescMethodStreaming): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function metadataOf(header: HeadersInit | undefined): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of new Headers(header)) metadata.set(name, value);
  return metadata;
}
