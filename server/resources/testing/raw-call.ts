import { connect } from "node:http2";

/** How bytes are sent. */
export type RawProtocol = "gRPC" | "gRPC-Web" | "Connect proto" | "Connect JSON" | "gRPC-Web JSON";

/** What came back: the code by its name in google.rpc.Code, and the text a client would show. */
export interface RawAnswer {
  readonly code: string;
  readonly message: string;
}

const CODES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

const TYPES: { readonly [protocol in RawProtocol]: string } = {
  gRPC: "application/grpc",
  "gRPC-Web": "application/grpc-web+proto",
  "gRPC-Web JSON": "application/grpc-web+json",
  "Connect proto": "application/proto",
  "Connect JSON": "application/json",
};

/** Sends any bytes, which may be gzip, as the message of a call, over HTTP/2 without any client library in between, and reads the answer as the protocol has it. */
export async function rawCall(
  port: number,
  path: string,
  protocol: RawProtocol,
  message: Uint8Array,
  isCompressed = false,
): Promise<RawAnswer> {
  const isFramed = protocol.startsWith("gRPC");
  const encoding = isFramed ? "grpc-encoding" : "content-encoding";
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": TYPES[protocol],
      te: "trailers",
      ...(isCompressed ? { [encoding]: "gzip" } : {}),
    });
    const head: Record<string, unknown> = {};
    const body: Buffer[] = [];
    stream
      .on("response", (headers) => Object.assign(head, headers))
      .on("trailers", (trailers) => Object.assign(head, trailers))
      .on("data", (chunk: Buffer) => body.push(chunk));
    // A server that has refused a large body need not read the rest of it.
    stream.on("error", () => undefined);
    stream.end(isFramed ? frame(message, isCompressed) : message);
    // The end of the answer, or of a stream that has none.
    await new Promise((resolve) => stream.on("end", resolve).on("close", resolve));
    return answerOf(protocol, head, Buffer.concat(body));
  } finally {
    session.destroy();
  }
}

function frame(message: Uint8Array, isCompressed: boolean): Buffer {
  const start = Buffer.alloc(5);
  start[0] = isCompressed ? 1 : 0;
  start.writeUInt32BE(message.length, 1);
  return Buffer.concat([start, message]);
}

function answerOf(protocol: RawProtocol, head: Readonly<Record<string, unknown>>, body: Buffer): RawAnswer {
  if (protocol.startsWith("Connect")) {
    if (head[":status"] === 200) return { code: "OK", message: "" };
    const { code = "", message = "" } = JSON.parse(body.toString()) as { code?: string; message?: string };
    return { code: code.replace("canceled", "cancelled").toUpperCase(), message };
  }
  const fields = protocol === "gRPC" || head["grpc-status"] !== undefined ? head : webTrailers(body);
  return {
    code: CODES[Number(fields["grpc-status"])] ?? String(fields["grpc-status"]),
    message: decodeURIComponent(String(fields["grpc-message"] ?? "")),
  };
}

/** The trailers of gRPC-Web: a frame of the body with the highest bit of its flags set. */
function webTrailers(body: Buffer): Record<string, string> {
  for (let at = 0; at + 5 <= body.length; at += 5 + body.readUInt32BE(at + 1)) {
    if (((body[at] as number) & 0x80) === 0) continue;
    const lines = body.toString("latin1", at + 5, at + 5 + body.readUInt32BE(at + 1)).split("\r\n");
    return Object.fromEntries(
      lines.filter((line) => line !== "").map((line) => line.split(/: ?/u, 2) as [string, string]),
    );
  }
  return {};
}
