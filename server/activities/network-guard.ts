import dns from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "./activity.ts";
import type { NetworkPolicy } from "./activity-options.ts";

/** One resolved address. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Resolves a host name to all its addresses; replaced in tests. */
export type Resolver = (host: string) => Promise<readonly ResolvedAddress[]>;

type Block = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Addresses in public ranges that only a cloud's own guests can reach, and that hand out credentials. */
const METADATA_ADDRESSES = new Set(["168.63.129.16"]);

const systemResolver: Resolver = (host) => dns.promises.lookup(host, { all: true, verbatim: true });

/**
 * Keeps workflows from reaching addresses their authors could not reach themselves (server-side request forgery). Every address is judged at the moment of connecting: literals, each
 * address a name resolves to, and so each hop of a redirect and each rebinding of a name. Only public unicast passes unless the operator allows more.
 */
export class NetworkGuard {
  readonly #policy: NetworkPolicy;
  readonly #resolve: Resolver;
  readonly #blocks: readonly Block[];
  readonly #hosts: ReadonlySet<string>;
  readonly #suffixes: readonly string[];

  constructor(policy: NetworkPolicy, resolve: Resolver = systemResolver) {
    this.#policy = policy;
    this.#resolve = resolve;
    const parsed = policy.allow.map((entry) => [entry.toLowerCase(), parseBlock(entry)] as const);
    this.#blocks = parsed.flatMap(([, block]) => (block === undefined ? [] : [block]));
    const names = parsed.flatMap(([entry, block]) => (block === undefined ? [entry] : []));
    this.#hosts = new Set(names.filter((name) => !name.startsWith("*.")));
    this.#suffixes = names.filter((name) => name.startsWith("*.")).map((name) => name.slice(1));
  }

  /** Refuses a host that is a literal address out of bounds; names are judged when they are resolved. Throws an authorization fault. */
  checkHost(host: string): void {
    const bare = bareHost(host);
    if (isIP(bare) !== 0 && !this.#hostAllowed(bare)) this.#checkAddress(bare, bare);
  }

  /** Tells whether an address may be connected to. */
  allows(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    if (this.#blocks.some(([block, bits]) => block.kind() === parsed.kind() && parsed.match(block, bits))) return true;
    if (METADATA_ADDRESSES.has(parsed.toString())) return false;
    const range = parsed.range();
    return range === "unicast" || (range === "loopback" && this.#policy.allowLoopback);
  }

  /** All addresses of a host that may be connected to; throws an authorization fault when one may not, since the next connection could take just that one. */
  async resolve(host: string): Promise<readonly [ResolvedAddress, ...ResolvedAddress[]]> {
    const bare = bareHost(host);
    if (isIP(bare) !== 0) {
      this.checkHost(bare);
      return [{ address: bare, family: isIP(bare) }];
    }
    const addresses = await this.#resolve(bare);
    const [first, ...others] = addresses;
    if (first === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${bare}`), { code: "ENOTFOUND" });
    if (!this.#hostAllowed(bare)) for (const { address } of addresses) this.#checkAddress(address, bare);
    return [first, ...others];
  }

  /** One allowed address of a host, for clients that cannot be given a lookup function: they connect to the address, so the name cannot be rebound in between. */
  async pin(host: string): Promise<string> {
    const addresses = await this.resolve(host);
    return (addresses.find(({ family }) => family === 4) ?? addresses[0]).address;
  }

  /** The `lookup` for sockets: `dns.lookup` with every address judged. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.resolve(host).then(
      (addresses) => {
        const wanted = addresses.filter(({ family }) => !options.family || familyNumber(options.family) === family);
        const [first = addresses[0]] = wanted;
        if (options.all === true) callback(null, wanted.length > 0 ? wanted : [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };

  #hostAllowed(host: string): boolean {
    const name = host.toLowerCase().replace(/\.$/u, "");
    return this.#hosts.has(name) || this.#suffixes.some((suffix) => name.endsWith(suffix));
  }

  #checkAddress(address: string, host: string): void {
    if (this.allows(address)) return;
    this.#policy.blocked?.();
    const range = ipaddr.isValid(address) ? ipaddr.process(address).range() : "invalid";
    const what = address === host ? `it is a ${range} address` : `it resolves to ${address}, a ${range} address`;
    throw new ActivityFault(
      standardFault(
        "authorization",
        "Address not allowed",
        `Cannot connect to "${host}": ${what}, only public addresses and those the operator allows may be called`,
      ),
    );
  }
}

function familyNumber(family: number | "IPv4" | "IPv6"): number {
  if (typeof family === "number") return family;
  return family === "IPv4" ? 4 : 6;
}

function bareHost(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

function parseBlock(entry: string): Block | undefined {
  if (entry.includes("/")) return ipaddr.parseCIDR(entry);
  if (isIP(entry) === 0) return undefined;
  const address = ipaddr.process(entry);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
