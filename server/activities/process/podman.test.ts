import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityOptionsInput } from "../activity-options.ts";
import { faultOf, testContext, testHost } from "../testing/call.ts";
import { describeNeeding } from "../../../tools/testing/need.ts";
import { freePort } from "../testing/peer.ts";
import { BUSYBOX_IMAGE as image, podmanHere } from "../testing/podman-peer.ts";

/* Containers by a real engine. What only the client's command line shows (secrets that are not on it) is in process.test.ts. */

const found = podmanHere();
const [engine, problem] = typeof found === "string" ? [undefined, found] : [found, undefined];

describeNeeding(problem, "containers, by podman", () => {
  const volumes = mkdtempSync(path.join(tmpdir(), "stigmer-volumes-"));
  const options: ActivityOptionsInput = {
    run: { allow: ["container"], sandbox: "none", volumeRoots: [volumes], containerNetwork: "none" },
  };
  const run = (input: JsonObject, given = options): Promise<Json> =>
    testHost(given).runner.run("container", { image, lifetime: { cleanup: "always" }, ...input }, testContext());
  const containers = (name: string): string =>
    engine?.podman("ps", "--all", "--filter", `name=^${name}$`, "--format", "{{.Status}}").split(" ")[0] ?? "";

  afterAll(() => {
    rmSync(volumes, { recursive: true });
    engine?.close();
  });

  const cases: readonly { readonly name: string; readonly input: JsonObject; readonly want: Json }[] = [
    { name: "its own program with arguments", input: { arguments: ["echo", "a b", "$c"] }, want: "a b $c\n" },
    {
      name: "a command with arguments",
      input: { command: 'echo "$1-$2"', arguments: ["Foo", "B ar"] },
      want: "Foo-B ar\n",
    },
    {
      name: "environment and stdin",
      input: { command: 'echo "$greeting $(busybox cat)"', environment: { greeting: "hello" }, stdin: "world" },
      want: "hello world\n",
    },
    { name: "data on stdin", input: { command: "busybox cat", stdin: { a: [1] } }, want: '{"a":[1]}' },
    { name: "stderr", input: { command: "echo out; echo err >&2", return: "stderr" }, want: "err\n" },
    { name: "the exit code", input: { command: "exit 7", return: "code" }, want: 7 },
    {
      name: "all of it",
      input: { command: "echo out; echo err >&2; exit 3", return: "all" },
      want: { code: 3, stdout: "out\n", stderr: "err\n" },
    },
    { name: "nothing", input: { command: "echo out", return: "none" }, want: null },
    {
      name: "no network",
      input: { command: "busybox ip link | busybox grep -c ,UP || true" },
      want: "1\n",
    },
  ];
  it.each(cases)("gives $name", async ({ input, want }) => {
    expect(await run(input)).toEqual(want);
  });

  it("mounts named volumes and allowed directories, read-only where asked", async () => {
    writeFileSync(path.join(volumes, "in"), "from the host");
    const mounted = { [volumes]: "/host", kept: "/kept" };
    await run({ command: "busybox cp /host/in /kept/in; echo back > /host/out", volumes: mounted });
    expect(readFileSync(path.join(volumes, "out"), "utf8")).toBe("back\n");
    expect(await run({ command: "busybox cat /kept/in", volumes: { kept: { path: "/kept", readOnly: true } } })).toBe(
      "from the host",
    );
    const refused = { command: "echo x > /host/x", volumes: { [volumes]: { path: "/host", readOnly: true } } };
    expect(await faultOf(testHost(options), "container", { image, ...refused })).toMatchObject({
      type: "runtime",
      detail: expect.stringContaining("Read-only") as string,
    });
  });

  it("publishes ports on loopback", async () => {
    const port = await freePort();
    const heard = run(
      { command: "busybox nc -l -p 8080", ports: { [port]: 8080 } },
      { run: { ...options.run, containerNetwork: "bridge" } },
    );
    // The port takes connections before anybody in the container listens: what is refused or cut is said again.
    const running = { yet: true };
    const said = heard.finally(() => (running.yet = false));
    while (running.yet) {
      await new Promise<void>((resolve) => {
        const socket = createConnection(port, "127.0.0.1", () => socket.end("ping"));
        socket.once("error", () => setTimeout(resolve, 20));
        socket.once("close", () => setTimeout(resolve, 20));
      });
    }
    expect(await said).toBe("ping");
  });

  it("removes the container that is to be cleaned up always, and keeps the one that is never", async () => {
    await run({ name: "gone", arguments: ["true"] });
    await run({ name: "kept", arguments: ["true"], lifetime: { cleanup: "never" } });
    expect([containers("gone"), containers("kept")]).toEqual(["", "Exited"]);
  });

  it("refuses a name that is taken, in the words of the engine", async () => {
    await run({ name: "taken", arguments: ["true"], lifetime: { cleanup: "never" } });
    const again = { image, name: "taken", arguments: ["true"], lifetime: { cleanup: "never" } };
    const fault = await faultOf(testHost(options), "container", again);
    expect(fault).toMatchObject({ type: "runtime", data: { code: 125 } });
    expect(fault.detail).toContain("already in use");
    expect(containers("taken")).toBe("Exited");
  });

  it("removes the container that is to be cleaned up eventually, after its time", async () => {
    await run({ name: "later", arguments: ["true"], lifetime: { cleanup: "eventually", after: { hours: 1 } } });
    expect(containers("later")).toBe("Exited");
    await run({ name: "soon", arguments: ["true"], lifetime: { cleanup: "eventually", after: { milliseconds: 1 } } });
    await expect.poll(() => containers("soon"), { timeout: 30_000 }).toBe("");
    expect(containers("later")).toBe("Exited");
  });

  it("removes at its start the container whose time came while no server ran, and none that runs", async () => {
    const label = "stigmer.expires-at=1";
    engine?.podman("run", "--network=none", "--name=left", `--label=${label}`, image, "true");
    engine?.podman("run", "--network=none", "--name=busy", `--label=${label}`, "--detach", image, "sleep", "1000");
    testHost(options);
    await expect.poll(() => containers("left"), { timeout: 30_000 }).toBe("");
    expect(containers("busy")).toBe("Up");
    engine?.podman("rm", "--force", "--time=0", "busy");
  });

  it.each(["never", "always", "eventually"])(
    "stops the container of a stopped task, with cleanup %s",
    async (cleanup) => {
      const controller = new AbortController();
      const name = `stopped-${cleanup}`;
      const lifetime = cleanup === "eventually" ? { cleanup, after: { hours: 1 } } : { cleanup };
      const pending = faultOf(
        testHost(options),
        "container",
        { image, name, command: "while true; do busybox sleep 1; done", lifetime },
        testContext({ signal: controller.signal }),
      );
      await expect.poll(() => containers(name), { timeout: 30_000 }).toBe("Up");
      controller.abort();
      expect(await pending).toMatchObject({ title: "Activity stopped" });
      expect(containers(name)).toBe("");
    },
  );

  it("ends a container that takes too long, and one that says too much", async () => {
    const limited = (limits: object): ActivityOptionsInput => ({ run: { ...options.run, limits } });
    const long = {
      image,
      name: "long",
      command: "while true; do busybox sleep 1; done",
      lifetime: { cleanup: "always" },
    };
    expect(await faultOf(testHost(limited({ timeoutMs: 3000 })), "container", long)).toMatchObject({ type: "timeout" });
    expect(containers("long")).toBe("");
    const loud = { image, name: "loud", command: "while true; do echo much; done", lifetime: { cleanup: "always" } };
    expect((await faultOf(testHost(limited({ outputBytesMax: 10_000 })), "container", loud)).type).toBe("runtime");
    expect(containers("loud")).toBe("");
  });

  it("makes a fault of an image that is not here and must not be pulled", async () => {
    const fault = await faultOf(testHost(options), "container", { image: "localhost/none:1", pullPolicy: "never" });
    expect(fault).toMatchObject({ type: "runtime", data: { code: 125 } });
  });
});
