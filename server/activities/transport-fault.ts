import { type Fault, standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "./activity.ts";

interface Meaning {
  readonly status: number;
  readonly title: string;
}

const UNREACHABLE: Meaning = { status: 503, title: "Cannot reach the service" };
const BROKEN: Meaning = { status: 502, title: "The service broke off" };
const SILENT: Meaning = { status: 504, title: "The service did not answer in time" };

/** Error codes of sockets, names, TLS and the HTTP client, and what they mean to a workflow. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"].map(
    (code) => [code, UNREACHABLE] as const,
  ),
  ...[
    "ECONNRESET",
    "EPIPE",
    "ECONNABORTED",
    "UND_ERR_SOCKET",
    "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
    "UND_ERR_HEADERS_OVERFLOW",
    "EPROTO",
  ].map((code) => [code, BROKEN] as const),
  ...["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"].map(
    (code) => [code, SILENT] as const,
  ),
]);

/**
 * What the failure of a connection means to a workflow: a communication fault with 503 (not reached), 502 (broken off) or 504 (no answer in time) (specification, section Errors).
 * Undefined when the error is not one of a connection.
 */
export function transportFault(error: unknown, peer: string): Fault | undefined {
  if (error instanceof ActivityFault) return error.fault;
  if (!(error instanceof Error)) return undefined;
  const code = errorCode(error);
  if (code === undefined) return undefined;
  const meaning =
    MEANINGS.get(code) ??
    (/^(?:HPE_|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/u.test(code) ? BROKEN : undefined);
  if (meaning === undefined) return undefined;
  return standardFault("communication", meaning.title, `Cannot complete the call to "${peer}": ${code}`, {
    status: meaning.status,
    data: { code },
  });
}

/** The code of an error, its cause or, where several addresses were tried, of the first attempt. */
function errorCode(error: Error): string | undefined {
  const { name, code, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  // The HTTP client tells a code of only some of the ways in which a response is none.
  if (name === "HTTPParserError") return code ?? "HPE_INVALID";
  // Connection errors of several addresses come as an AggregateError whose own code is that of the first.
  if (typeof code === "string") return code;
  if (cause instanceof Error) return errorCode(cause);
  if (error instanceof AggregateError) {
    const inner: unknown = error.errors[0];
    return inner instanceof Error ? errorCode(inner) : undefined;
  }
  return undefined;
}
