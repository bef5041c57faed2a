import { type ChildProcess, fork } from "node:child_process";
import { connect, type ClientHttp2Session } from "node:http2";

const CONNECTIONS = 4;
const STREAMS = 16;

/** A server in a process of its own, which says its port and what it has used of the processor. */
export interface EchoServer {
  readonly port: number;
  /** Sends a question and waits for its answer. */
  ask(question: string): Promise<unknown>;
  cpuMicros(): Promise<number>;
  stop(): void;
}

/** What is sent again and again. */
export interface UnaryRequest {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What a window of load has shown. */
export interface Sample {
  readonly perSecond: number;
  /** Processor time of the server for one call. */
  readonly cpuMicros: number;
}

/** Starts a script that sends its port, and its `process.cpuUsage()` for each message it gets. */
export async function startServer(script: string, args: readonly string[]): Promise<EchoServer> {
  const child: ChildProcess = fork(script, [...args], { execArgv: process.execArgv });
  const answer = (): Promise<unknown> => new Promise((resolve) => child.once("message", resolve));
  const port = (await answer()) as number;
  const ask = (question: string): Promise<unknown> => {
    child.send(question);
    return answer();
  };
  return {
    port,
    ask,
    cpuMicros: async () => {
      const { user, system } = (await ask("cpu")) as NodeJS.CpuUsage;
      return user + system;
    },
    stop: () => void child.kill(),
  };
}

/** Puts a message into the frame of gRPC. */
export function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Calls in a closed loop: 4 connections of 16 streams. The first call that fails ends it. */
export async function load(server: EchoServer, request: UnaryRequest, forMs: number): Promise<Sample> {
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://127.0.0.1:${server.port}`));
  const cpuBefore = await server.cpuMicros();
  const end = performance.now() + forMs;
  let done = 0;
  const client = async (session: ClientHttp2Session): Promise<void> => {
    while (performance.now() < end) {
      await call(session, request);
      done++;
    }
  };
  await Promise.all(sessions.flatMap((session) => Array.from({ length: STREAMS }, () => client(session))));
  const cpu = (await server.cpuMicros()) - cpuBefore;
  for (const session of sessions) session.destroy();
  return { perSecond: (done / forMs) * 1000, cpuMicros: cpu / done };
}

function call(session: ClientHttp2Session, { path, contentType, body }: UnaryRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": contentType, te: "trailers" });
    let status: unknown;
    let grpcStatus = "0";
    stream.on("response", (headers) => (status = headers["grpc-status"] ?? headers[":status"])).on("error", reject);
    stream.on("trailers", (trailers) => (grpcStatus = String(trailers["grpc-status"] ?? "0")));
    stream.on("end", () =>
      status === 200 && grpcStatus === "0"
        ? resolve()
        : reject(new Error(`${path} (${contentType}): status ${String(status)}, grpc-status ${grpcStatus}`)),
    );
    stream.resume();
    stream.end(body);
  });
}

/** The median of some figures; 0 of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
