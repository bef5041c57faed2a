import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findProgram } from "../process/find-program.ts";

/** The busybox image of the tests: `sh` and every other program in one file, nothing fetched. Its own program is `busybox`. */
export const BUSYBOX_IMAGE = "localhost/stigmer-busybox:1";

/** A container engine with images, containers and settings of its own. */
export interface PodmanPeer {
  /** Runs the client and gives what it printed. */
  podman(...args: readonly string[]): string;
  close(): void;
}

/**
 * An engine in a folder of its own, by the variables of this process that the client reads, and the image in it. Gives the reason as text where containers cannot run here: a program that is missing, or a
 * sandbox that does not allow them.
 */
export function podmanHere(): PodmanPeer | string {
  const searched = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const absent = ["podman", "busybox"].filter((program) => findProgram(program, searched) === undefined);
  if (absent.length > 0) return `needs ${absent.join(" and ")}, which is not installed`;
  const directory = mkdtempSync(path.join(tmpdir(), "stigmer-podman-"));
  const client = findProgram("podman", searched) ?? "";
  const runtime = findProgram("runc", searched);
  writeFileSync(
    path.join(directory, "containers.conf"),
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
${runtime === undefined ? "" : 'runtime = "runc"'}
`,
  );
  writeFileSync(
    path.join(directory, "storage.conf"),
    `[storage]\ndriver = "vfs"\ngraphroot = "${directory}/images"\nrunroot = "${directory}/run"\n`,
  );
  const former = Object.entries(process.env).filter(([name]) => name.startsWith("CONTAINERS_"));
  process.env["CONTAINERS_CONF"] = path.join(directory, "containers.conf");
  process.env["CONTAINERS_STORAGE_CONF"] = path.join(directory, "storage.conf");
  const peer: PodmanPeer = {
    podman(...args) {
      const { status, stdout, stderr } = spawnSync(client, args, { encoding: "utf8", timeout: 60_000 });
      if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1) ?? "it does not answer");
      return stdout.trim();
    },
    close() {
      spawnSync(client, ["rm", "--all", "--force"], { timeout: 60_000 });
      spawnSync(client, ["system", "reset", "--force"], { timeout: 60_000 });
      for (const name of ["CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF"]) delete process.env[name];
      for (const [name, value] of former) process.env[name] = value;
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    const bin = path.join(directory, "image/bin");
    mkdirSync(bin, { recursive: true });
    for (const name of ["busybox", "sh"]) copyFileSync(findProgram("busybox", searched) ?? "", path.join(bin, name));
    const archive = path.join(directory, "image.tar");
    spawnSync("tar", ["-C", path.join(directory, "image"), "-cf", archive, "."]);
    peer.podman(
      "import",
      "--change",
      'ENTRYPOINT ["/bin/busybox"]',
      "--change",
      "ENV PATH=/bin",
      archive,
      BUSYBOX_IMAGE,
    );
    peer.podman("run", "--rm", "--network=none", "--memory=64m", "--pids-limit=16", BUSYBOX_IMAGE, "true");
    return peer;
  } catch (error) {
    peer.close();
    return `needs podman to run a container, which it cannot here (${error instanceof Error ? error.message : "unknown"})`;
  }
}
