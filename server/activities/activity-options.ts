import type { JsonObject } from "@stigmer/core/lib/json.ts";

/** What may start a process on this host; nothing may until the operator says so. */
export type RunPermission = "script" | "shell" | "container" | "mcp-stdio";

/** Which addresses outgoing calls may reach beside public ones. */
export interface NetworkPolicy {
  /** Hosts (`db.internal`, `*.corp.example`), addresses or CIDR blocks (`10.1.0.0/16`) that may be called although they are private. */
  readonly allow: readonly string[];
  /** Local development: 127.0.0.0/8 and ::1 may be called. */
  readonly allowLoopback: boolean;
  /** Called for each address that is refused. */
  readonly blocked?: () => void;
}

/** Bounds of an outgoing HTTP exchange. */
export interface HttpLimits {
  /** Bytes of one response, after decompression. */
  readonly responseBytesMax: number;
  /** Longest silence of a peer, and longest total time of one response, in milliseconds. */
  readonly timeoutMs: number;
  /** Redirects followed before giving up. */
  readonly redirectsMax: number;
  /** Keep-alive connections to one origin. */
  readonly connectionsPerOriginMax: number;
  /** Bytes of an error response kept in the fault's `data`. */
  readonly faultBodyBytesMax: number;
}

/** Bounds of a started process. */
export interface ProcessLimits {
  /** Bytes kept of each of stdout and stderr; a process that writes more is stopped. */
  readonly outputBytesMax: number;
  /** Longest life of a process, in milliseconds; a task timeout usually ends it before. */
  readonly timeoutMs: number;
  /** CPU time in seconds. */
  readonly cpuSecondsMax: number;
  /** Memory in bytes: address space of shells and Python, heap of JavaScript (whose address space says nothing), memory of containers. */
  readonly memoryBytesMax: number;
  /** Processes and threads of the sandbox. */
  readonly processesMax: number;
  /** Largest file that can be written, in bytes. */
  readonly fileBytesMax: number;
}

/** Processes of scripts, shells, containers and MCP servers. */
export interface RunPolicy {
  readonly allow: readonly RunPermission[];
  /** `auto`: bubblewrap (for containers a rootless engine) or a refusal. `none`: the operator accepts processes that are confined by limits only. */
  readonly sandbox: "auto" | "none";
  /** Network of containers; `bridge` lets them reach whatever the engine's network reaches, past the network guard. */
  readonly containerNetwork: "none" | "bridge";
  /** Directories of the host that container volumes may be mounted from; named volumes are always allowed. */
  readonly volumeRoots: readonly string[];
  readonly limits: ProcessLimits;
}

/** Where external resources come from beside the network. */
export interface ResourcePolicy {
  /** Directory that `file:` resources are read from; without it they are refused. */
  readonly fileRoot?: string;
  /** Directory of the catalog named `default`: `functions/<name>/<version>/function.yaml`. */
  readonly catalogRoot?: string;
  /** How long a parsed document (OpenAPI, AsyncAPI, proto, agent card) is reused, in milliseconds. */
  readonly documentTtlMs: number;
}

/** Everything an operator can set about activities. */
export interface ActivityOptions {
  readonly network: NetworkPolicy;
  readonly http: HttpLimits;
  readonly run: RunPolicy;
  readonly resources: ResourcePolicy;
  /** Bytes of the text of one result; above it the activity faults rather than fill the journal. */
  readonly resultBytesMax: number;
  /** Clock in epoch milliseconds, for token and document expiry. */
  readonly now: () => number;
  /** Receives what is unexpected; never secrets, never bodies. */
  readonly log: (message: string, fields: JsonObject) => void;
}

/** What a caller may leave out of `ActivityOptions`, group by group. */
export interface ActivityOptionsInput {
  readonly network?: Partial<NetworkPolicy>;
  readonly http?: Partial<HttpLimits>;
  readonly run?: Partial<Omit<RunPolicy, "limits">> & { readonly limits?: Partial<ProcessLimits> };
  readonly resources?: Partial<ResourcePolicy>;
  readonly resultBytesMax?: number;
  readonly now?: () => number;
  readonly log?: (message: string, fields: JsonObject) => void;
}

const MIB = 1024 * 1024;

/** Fills in the defaults, which are the safe ones: public addresses only, no processes, 16 MiB and 30 s a response. */
export function activityOptions(given: ActivityOptionsInput = {}): ActivityOptions {
  return {
    network: { allow: [], allowLoopback: false, ...given.network },
    http: {
      responseBytesMax: 16 * MIB,
      timeoutMs: 30_000,
      redirectsMax: 5,
      connectionsPerOriginMax: 64,
      faultBodyBytesMax: 16 * 1024,
      ...given.http,
    },
    run: {
      allow: given.run?.allow ?? [],
      sandbox: given.run?.sandbox ?? "auto",
      containerNetwork: given.run?.containerNetwork ?? "none",
      volumeRoots: given.run?.volumeRoots ?? [],
      limits: {
        outputBytesMax: MIB,
        timeoutMs: 300_000,
        cpuSecondsMax: 60,
        memoryBytesMax: 512 * MIB,
        processesMax: 128,
        fileBytesMax: 64 * MIB,
        ...given.run?.limits,
      },
    },
    resources: { documentTtlMs: 60_000, ...given.resources },
    resultBytesMax: given.resultBytesMax ?? 16 * MIB,
    now: given.now ?? Date.now,
    log: given.log ?? (() => {}),
  };
}
