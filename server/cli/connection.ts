import { connect } from "node:net";
import type { Transport } from "@connectrpc/connect";
import type { StigmerClient } from "@stigmer/api/client.ts";
import type { OptionValues } from "./command.ts";
import { target } from "./contexts.ts";
import { CliError, exit } from "./exit.ts";

/** A server to talk to. */
export interface Connection {
  readonly client: StigmerClient;
  readonly address: string;
  readonly org: string;
}

/** A client of the server the options name. Nothing is connected until the first call. */
export async function connection(options: OptionValues): Promise<Connection> {
  const [{ address, org }, { createConnectTransport }, { createStigmerClient }] = await Promise.all([
    target(options),
    import("@connectrpc/connect-node"),
    import("@stigmer/api/client.ts"),
  ]);
  const transport: Transport = createConnectTransport({
    baseUrl: `http://${address}`,
    httpVersion: "2",
    useBinaryFormat: true,
  });
  return { client: createStigmerClient(transport), address, org };
}

/** Tells whether something listens at the address, within a second. */
export async function reachable(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/gu, "");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)), timeout: 1000 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

/** Connect's numeric codes, by what they mean for the exit status. */
const STATUS_BY_CODE = new Map<number, number>([
  [1, exit.interrupted],
  [3, exit.invalid],
  [4, exit.timeout],
  [5, exit.notFound],
  [6, exit.notFound],
  [7, exit.unauthorized],
  [9, exit.notFound],
  [10, exit.notFound],
  [14, exit.unreachable],
  [16, exit.unauthorized],
]);

/** Codes that errors of in-process calls carry by name, in Connect's numbers. */
const NUMBERS: { readonly [name: string]: number } = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
};

/** Connect's code of what a call threw, over the network or in this process; undefined for anything else. */
export function codeOf(error: unknown): number | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "number" ? code : typeof code === "string" ? NUMBERS[code] : undefined;
}

/** Turns what a call threw into an error a person can act on. */
export function explain(error: unknown, address: string): CliError {
  if (error instanceof CliError) return error;
  const { rawMessage, message } = error as { rawMessage?: string; message?: string };
  const code = codeOf(error);
  const text = rawMessage ?? message ?? String(error);
  if (code === undefined) return new CliError(exit.failed, text);
  if (code === 14 && /ECONNREFUSED|ENOTFOUND|ECONNRESET|EHOSTUNREACH|closed|socket/iu.test(text)) {
    return new CliError(
      exit.unreachable,
      `Cannot reach the server at ${address}: nothing answers there`,
      "start one with `stigmer server`, or name another with --server",
    );
  }
  return new CliError(STATUS_BY_CODE.get(code) ?? exit.failed, text);
}
