import { describe, expect, it } from "vitest";
import { ActivityFault } from "./activity.ts";
import { createActivityHost } from "./index.ts";
import { NetworkGuard, type ResolvedAddress } from "./network-guard.ts";
import { faultOf } from "./testing/call.ts";

const closed = { allow: [], allowLoopback: false };

const refusedAddresses = [
  "127.0.0.1",
  "127.255.255.254",
  "0.0.0.0",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "198.18.0.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:a9fe:a9fe",
  "64:ff9b::7f00:1",
  "2002:7f00:1::",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "ff02::1",
];

describe("NetworkGuard", () => {
  it.each(refusedAddresses)("refuses the address %s", (address) => {
    expect(new NetworkGuard(closed).allows(address)).toBe(false);
  });

  it.each(["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])("allows the public address %s", (address) => {
    expect(new NetworkGuard(closed).allows(address)).toBe(true);
  });

  it("allows what the operator lists, and nothing beside it", () => {
    const guard = new NetworkGuard({ allow: ["10.1.0.0/16", "192.168.7.7", "fd00::/8"], allowLoopback: false });
    expect(["10.1.2.3", "192.168.7.7", "fd00::1", "::ffff:10.1.2.3"].map((address) => guard.allows(address))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(["10.2.0.1", "192.168.7.8", "127.0.0.1"].map((address) => guard.allows(address))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("judges every address of a name, so that one bad among good ones refuses it", async () => {
    const answers: Record<string, readonly ResolvedAddress[]> = {
      "good.example": [{ address: "1.1.1.1", family: 4 }],
      "mixed.example": [
        { address: "1.1.1.1", family: 4 },
        { address: "10.0.0.1", family: 4 },
      ],
      "db.internal": [{ address: "10.0.0.2", family: 4 }],
      "a.corp.example": [{ address: "10.0.0.3", family: 4 }],
    };
    const guard = new NetworkGuard(
      { allow: ["DB.internal", "*.corp.example"], allowLoopback: false },
      async (host) => answers[host] ?? [],
    );
    expect(await guard.pin("good.example")).toBe("1.1.1.1");
    await expect(guard.pin("mixed.example")).rejects.toThrow("resolves to 10.0.0.1");
    expect(await guard.pin("db.internal")).toBe("10.0.0.2");
    expect(await guard.pin("a.corp.example")).toBe("10.0.0.3");
    await expect(guard.pin("unknown.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(guard.pin("[::1]")).rejects.toBeInstanceOf(ActivityFault);
  });

  const hostile = [
    "http://127.0.0.1/",
    "http://0/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://017700000001/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://\u2460\u2461\u2466.\u2460/",
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost/",
    "http://rebind.example/",
    "https://10.0.0.1/",
  ];
  it.each(hostile)("keeps an http call from %s", async (endpoint) => {
    const host = createActivityHost({}, async () => [{ address: "127.0.0.1", family: 4 }]);
    const fault = await faultOf(host, "http", { method: "get", endpoint });
    expect(["authorization", "validation"]).toContain(fault.type);
    await host.close();
  });

  it("judges a name again for each connection, so that rebinding it gains nothing", async () => {
    let lookups = 0;
    const guard = new NetworkGuard(closed, async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? "1.1.1.1" : "127.0.0.1", family: 4 }];
    });
    const look = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        guard.lookup("rebind.example", {}, (error, address) => (error === null ? resolve(address) : reject(error)));
      });
    expect(await look()).toBe("1.1.1.1");
    await expect(look()).rejects.toThrow("127.0.0.1");
  });
});
