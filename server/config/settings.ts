import { eventSinks } from "./event-sink.ts";
import { bytes, integer, list, milliseconds, onOff, oneOf, type Setting, text } from "./setting.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Every key of the configuration. A key is the same word everywhere: `limit-request-bytes` in the file, `--limit-request-bytes` as a flag,
 * `STIGMER_LIMIT_REQUEST_BYTES` in the environment, `limitRequestBytes` in code. A flag wins over the environment, that over the file, that over the default.
 */
export const settings = {
  host: text("127.0.0.1", "Address to listen on. Anything but loopback needs `insecure` too."),
  port: integer(7234, 0, 65_535, "Port to listen on; 0 lets the system choose."),
  insecure: onOff(false, "Allow to listen on other addresses than loopback, without encryption or sign-in."),
  "allowed-hosts": list("Names, beside the address itself, that the `Host` header may have."),
  "allowed-origins": list("Origins of web pages, beside the server's own, that may call."),
  data: text(".data", "Directory of the database and everything else that is kept."),
  ephemeral: onOff(false, "Keep nothing: the database lives in memory."),
  engine: oneOf("embedded", ["embedded"], "Engine that executes runs."),
  "log-level": oneOf(
    "info",
    ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    "Least grave message to log.",
  ),
  "log-format": oneOf(
    "auto",
    ["auto", "json", "text"],
    "Form of the log: `auto` is text on a terminal and JSON elsewhere.",
  ),
  "trace-endpoint": text(
    "",
    "OTLP/HTTP collector that spans go to, such as `http://127.0.0.1:4318`; `OTEL_EXPORTER_OTLP_ENDPOINT` without it.",
  ),
  "trace-percent": integer(100, 0, 100, "Traces to keep of a hundred begun here; a caller's own decision comes first."),
  "drain-timeout": milliseconds(10_000, "How long open calls may go on when the server stops."),
  "allow-run": list("Abilities that start programs: `script`, `shell`, `container`, `mcp-stdio`. None by default."),
  sandbox: oneOf(
    "auto",
    ["auto", "none"],
    "Confinement of started programs: `auto` is bubblewrap or a refusal; `none` leaves limits only.",
  ),
  "container-network": oneOf(
    "none",
    ["none", "bridge"],
    "Network of containers; `bridge` reaches past the guard of outgoing calls.",
  ),
  "volume-roots": list("Directories that volumes of containers may be mounted from."),
  "resource-root": text(
    "",
    "Directory that `file:` resources of definitions are read from; without it they are refused.",
  ),
  "catalog-root": text("", "Directory of the function catalog `default`: `functions/<name>/<version>/function.yaml`."),
  "allow-network": list("Address ranges, beside public ones, that calls may reach, such as `10.1.0.0/16`."),
  "event-sinks": eventSinks(
    "URLs that events of runs and lifecycle events are sent to, each with `#mode=`, `type=`, `org=`, `token=env:NAME` or `file:PATH`, and `header=NAME:env:NAME` as wanted.",
  ),
  "limit-request-bytes": bytes(4 * MiB, "Largest request, after decompression."),
  "limit-header-bytes": bytes(16 * KiB, "Largest sum of a request's headers."),
  "limit-streams": integer(128, 1, 100_000, "Calls at the same time on one HTTP/2 connection."),
  "limit-request-queue": integer(
    10_000,
    1,
    1_000_000,
    "Requests that wait for their turn before further ones are refused; health and controls never are.",
  ),
  "limit-inline-bytes": bytes(MiB, "Largest value kept inside the journal; larger ones go to the blob table."),
  "limit-response-bytes": bytes(16 * MiB, "Largest response of a call that a workflow makes."),
  "limit-redirects": integer(5, 0, 100, "Most redirects of a call that a workflow makes."),
  "limit-call-time": milliseconds(30_000, "Longest call that a workflow makes, where the definition says nothing."),
  "limit-watch-events": integer(256, 1, 100_000, "Messages that wait for a slow watcher before it is closed."),
  "limit-event-backlog": integer(
    100_000,
    1,
    10_000_000,
    "Events that wait for one sink before further ones are dropped.",
  ),
  "limit-commit-queue": integer(
    50_000,
    1,
    10_000_000,
    "Writes that wait for the disk before new requests are refused.",
  ),
} as const satisfies { readonly [key: string]: Setting<unknown> };

/** Nesting at which every boundary refuses a value. Not a setting: recursion everywhere is sized for it. */
export const NESTING_MAX = 64;

/** A key of the configuration in its written form. */
export type SettingKey = keyof typeof settings;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** The configuration as the code reads it. */
export type Config = {
  readonly [K in SettingKey as CamelCase<K>]: (typeof settings)[K] extends Setting<infer T> ? T : never;
};

/** `limit-request-bytes` -> `limitRequestBytes`. */
export function propertyOf(key: string): string {
  return key.replaceAll(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}

/** `limit-request-bytes` -> `STIGMER_LIMIT_REQUEST_BYTES`. */
export function variableOf(key: string): string {
  return `STIGMER_${key.replaceAll("-", "_").toUpperCase()}`;
}
