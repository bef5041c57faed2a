import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Peer, freePort, reachable, requireProgram } from "./peer.ts";

/** The server's own script: the one on the path of Debian changes to another user first. */
const SCRIPT = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/**
 * Starts a RabbitMQ node of its own: name, folder, cookie and ports. Its port mapper is started first, as a child that ends with the test, since the node would leave one of its own behind; all of them listen
 * on loopback only. User and password are `guest`.
 */
export async function startRabbitmq(): Promise<Peer> {
  const directory = mkdtempSync(path.join(tmpdir(), "stigmer-rabbitmq-"));
  const [port, nodePort, mapperPort] = [await freePort(), await freePort(), await freePort()];
  for (const folder of ["mnesia", "log"]) mkdirSync(path.join(directory, folder));
  writeFileSync(path.join(directory, "plugins"), "[].\n");
  writeFileSync(path.join(directory, "rabbitmq.conf"), "log.console.level = error\n");
  const env = {
    ...process.env,
    HOME: directory,
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(mapperPort),
    RABBITMQ_NODENAME: `stigmer-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_MNESIA_BASE: path.join(directory, "mnesia"),
    RABBITMQ_LOG_BASE: path.join(directory, "log"),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(directory, "plugins"),
    RABBITMQ_CONFIG_FILE: path.join(directory, "rabbitmq"),
    RABBITMQ_CONF_ENV_FILE: path.join(directory, "rabbitmq-env.conf"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
  };
  const options = { env, cwd: directory, stdio: "ignore", detached: true } as const;
  const mapper = spawn(requireProgram("epmd"), [], options);
  await reachable(mapperPort, mapper);
  // The script starts the node below it: a group of their own ends both.
  const server = spawn(SCRIPT, [], options);
  await reachable(port, server);
  return {
    port,
    async stop() {
      await endGroup(server, "SIGTERM");
      await endGroup(mapper, "SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function endGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  process.kill(-child.pid, signal);
  await gone;
}
