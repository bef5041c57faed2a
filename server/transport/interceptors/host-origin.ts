import { BlockList, isIP } from "node:net";

import { ApiError } from "../../errors/api-error.ts";

/** Which names and origins a server answers to. */
export interface HostRules {
  /** Address the server is bound to. */
  readonly boundTo: string;
  /** Further names for `Host`; `*` allows all. */
  readonly allowedHosts: readonly string[];
  /** Further origins of web pages, such as `https://app.example`. */
  readonly allowedOrigins: readonly string[];
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** True for an address or name of this machine alone. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return host.toLowerCase() === "localhost" || (family !== 0 && loopback.check(host, family === 6 ? "ipv6" : "ipv4"));
}

/**
 * Checks the `Host` header of every request, and `Origin` where there is one. A page of another site cannot call: its origin gives it away; and a name that its owner lets resolve to this
 * machine (DNS rebinding) is not on the list. An address instead of a name cannot be rebound, so a server that is bound beyond loopback answers to any address.
 */
export class HostGuard {
  readonly #rules: HostRules;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  // Nearly every request of a connection has the same header.
  #lastGood = "";

  constructor(rules: HostRules) {
    this.#rules = rules;
    this.#hosts = new Set(rules.allowedHosts.map((host) => host.toLowerCase()));
    this.#origins = new Set(rules.allowedOrigins.map((origin) => origin.toLowerCase()));
  }

  /** Throws HOST_DENIED or ORIGIN_DENIED. */
  check(host: string | undefined, origin: string | undefined): void {
    if (host === undefined || (host !== this.#lastGood && !this.#allowsHost(hostnameOf(host)))) {
      const name = host === undefined ? "" : host.slice(0, 100);
      throw new ApiError(
        "HOST_DENIED",
        `Cannot serve host ${JSON.stringify(name)}: this server does not answer to that name, add it to allowed-hosts if it should`,
      );
    }
    this.#lastGood = host;
    if (origin !== undefined && !this.isOwnOrigin(host, origin) && !this.allowsOrigin(origin)) {
      throw new ApiError(
        "ORIGIN_DENIED",
        `Cannot serve a page of ${JSON.stringify(origin.slice(0, 100))}: its origin is not this server's, add it to allowed-origins if it should be served`,
      );
    }
  }

  /** True for a page that this server itself served. */
  isOwnOrigin(host: string, origin: string): boolean {
    const separator = origin.indexOf("://");
    return separator !== -1 && origin.slice(separator + 3).toLowerCase() === host.toLowerCase();
  }

  /** True for an origin from the list. */
  allowsOrigin(origin: string): boolean {
    return this.#origins.has(origin.toLowerCase());
  }

  #allowsHost(hostname: string): boolean {
    if (isLoopback(hostname) || hostname === this.#rules.boundTo.toLowerCase()) return true;
    if (this.#hosts.has("*") || this.#hosts.has(hostname)) return true;
    return isIP(hostname) !== 0 && !isLoopback(this.#rules.boundTo);
  }
}

/** `[::1]:7234` -> `::1`. */
function hostnameOf(host: string): string {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::\d{1,5})?$/u.exec(host);
  if (bracketed !== null) return (bracketed[1] as string).toLowerCase();
  return host.replace(/:\d{1,5}$/u, "").toLowerCase();
}
