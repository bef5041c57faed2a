import { isIPv6 } from "node:net";
import {
  type Client,
  type ClientOptions,
  Metadata,
  type ServiceError,
  makeGenericClientConstructor,
  credentials as channelCredentials,
  status,
} from "@grpc/grpc-js";
import { type Json, type JsonObject, getKey, isJsonArray } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type Activity } from "../activity.ts";
import { configurationFault, invalidArgument, requireObject, requireString } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { Credentials } from "../auth/credentials.ts";
import { type CallContext, callHeaders } from "../call-context.ts";
import { grpcFault } from "./grpc-status.ts";
import { RelatedResources } from "../resource/related-resources.ts";
import { ProtoFiles } from "./proto-files.ts";
import { type ProtoMethod, protoMethod } from "./proto-method.ts";

const GenericClient = makeGenericClientConstructor({}, "stigmer");

/** Ports where TLS is what everybody speaks. */
const TLS_PORTS = new Set([443, 8443]);

/**
 * The `grpc` call of the specification: unary and streaming methods of a service described by a proto resource. A streamed response is an array; a streamed request takes an array in
 * `arguments.messages`, or one message. Ports 443 and 8443, and hosts with `https://`, speak TLS.
 */
export function grpcActivity(services: ActivityServices): Activity {
  const protos = new ProtoFiles(services.options.resources.documentTtlMs, () => services.options.now());
  return {
    kind: "grpc",
    async run(input, context: CallContext) {
      const service = requireObject(input, "service");
      const source = requireObject(input, "proto");
      const resource = await services.resources.read(source, context);
      const root = await protos.load(resource, new RelatedResources(services.resources, source, context));
      const method = protoMethod(root, requireString(service, "name"), requireString(input, "method"));
      const messages = requestMessages(method, getKey(input, "arguments"));
      const credentials = services.credentials(getKey(service, "authentication"), context);
      const client = await connect(service, services);
      const attempt = async (): Promise<Json> =>
        call(client, method, messages, await callMetadata(method, credentials, context), services, context);
      try {
        return await attempt().catch(async (error: unknown) => {
          // A token that was taken back before its time is replaced once.
          const refused = error instanceof ActivityFault && error.fault.type === "authentication";
          if (!refused || (await credentials?.renew()) !== true) throw error;
          return attempt();
        });
      } finally {
        client.close();
      }
    },
  };
}

function requestMessages(method: ProtoMethod, given: Json | undefined): readonly Buffer[] {
  const argument = given === undefined || given === null ? {} : given;
  if (!method.requestStream) return [method.encode(argument)];
  const messages = isJsonArray(argument) ? argument : getKey(argument as JsonObject, "messages");
  return (isJsonArray(messages) ? messages : [argument]).map((message) => method.encode(message));
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

function targetOf(service: JsonObject): Target {
  const given = requireString(service, "host");
  const [, scheme, host = given] = /^(https?|grpcs?):\/\/([^/]+)\/?$/iu.exec(given) ?? [];
  const port = getKey(service, "port");
  const secure = scheme === undefined ? undefined : /s$/iu.test(scheme);
  if (
    port !== undefined &&
    port !== null &&
    (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535)
  ) {
    throw invalidArgument("service.port", port, "a port number");
  }
  const number = typeof port === "number" ? port : secure === true ? 443 : 50_051;
  return { host, port: number, tls: secure ?? TLS_PORTS.has(number) };
}

/** Connects to the address the guard judged, under the name the workflow gave. */
async function connect(service: JsonObject, services: ActivityServices): Promise<Client> {
  const { host, port, tls } = targetOf(service);
  let address: string;
  try {
    address = await services.guard.pin(host);
  } catch (error) {
    if (error instanceof ActivityFault) throw error;
    throw new ActivityFault(
      standardFault("communication", "Cannot reach the service", `Cannot resolve "${host}"`, { status: 503 }),
    );
  }
  const options: ClientOptions = {
    "grpc.default_authority": `${host}:${port}`,
    "grpc.max_receive_message_length": services.options.http.responseBytesMax,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": 60_000,
    ...(tls ? { "grpc.ssl_target_name_override": host } : {}),
  };
  return new GenericClient(
    isIPv6(address) ? `ipv6:[${address}]:${port}` : `ipv4:${address}:${port}`,
    tls ? channelCredentials.createSsl() : channelCredentials.createInsecure(),
    options,
  );
}

async function callMetadata(
  method: ProtoMethod,
  credentials: Credentials | undefined,
  context: CallContext,
): Promise<Metadata> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(callHeaders(context))) metadata.set(name, value);
  if (credentials === undefined) return metadata;
  const { headers } = await credentials.authorize({
    method: "POST",
    url: new URL(`http://grpc.invalid${method.path}`),
    headers: {},
  });
  const authorization = headers["authorization"];
  // Digest answers a challenge, which gRPC does not have.
  if (authorization === undefined)
    throw configurationFault(
      "Unusable authentication",
      "Cannot authenticate a gRPC call by digest: it should be basic, bearer, oauth2 or oidc",
    );
  metadata.set("authorization", authorization);
  return metadata;
}

async function call(
  client: Client,
  method: ProtoMethod,
  messages: readonly Buffer[],
  metadata: Metadata,
  { options }: ActivityServices,
  context: CallContext,
): Promise<Json> {
  const deadline = { deadline: Date.now() + options.http.timeoutMs };
  return new Promise<Json>((resolve, reject) => {
    const serialize = (bytes: Buffer): Buffer => bytes;
    const replies: Json[] = [];
    let bytes = 0;
    const fail = (error: unknown): void => reject(faultOf(error, method.path, context));
    const stream = client.makeBidiStreamRequest(method.path, serialize, (buffer: Buffer) => buffer, metadata, deadline);
    const stop = (): void => stream.cancel();
    context.signal.addEventListener("abort", stop, { once: true });
    if (context.signal.aborted) stop();
    stream.on("data", (buffer: Buffer) => {
      bytes += buffer.length;
      if (bytes > options.http.responseBytesMax) {
        fail(
          new ActivityFault(
            standardFault(
              "communication",
              "Response too large",
              `Cannot read the response: it is larger than ${options.http.responseBytesMax} bytes`,
              { status: 502 },
            ),
          ),
        );
        stream.cancel();
        return;
      }
      try {
        replies.push(method.decode(buffer));
      } catch {
        fail(
          new ActivityFault(
            standardFault(
              "communication",
              "Unreadable response",
              `Cannot read the response of ${method.path}: it does not decode`,
              { status: 502 },
            ),
          ),
        );
        stream.cancel();
      }
    });
    stream.on("error", (error) => {
      context.signal.removeEventListener("abort", stop);
      fail(error);
    });
    stream.on("end", () => {
      context.signal.removeEventListener("abort", stop);
      if (method.responseStream) resolve(replies);
      else if (replies[0] !== undefined) resolve(replies[0]);
    });
    for (const message of messages) stream.write(message);
    stream.end();
  });
}

function faultOf(error: unknown, path: string, context: CallContext): unknown {
  if (error instanceof ActivityFault) return error;
  const { code, details } = error as Partial<ServiceError>;
  if (typeof code !== "number") return error;
  if (code === status.CANCELLED && context.signal.aborted) {
    return new ActivityFault(standardFault("runtime", "Activity stopped", `Cannot complete ${path}: it was stopped`));
  }
  return new ActivityFault(grpcFault(code, details ?? "", path));
}
