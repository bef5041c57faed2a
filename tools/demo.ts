import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { startShop } from "../examples/shop/shop.ts";
import { builtCommandLine } from "./command-line.ts";

/*
 * `npm run demo`: the main job on a fresh machine. Builds, starts a small shop and a server with its embedded defaults, applies a real workflow, runs it while the shop's payment service
 * is overloaded twice, and shows what came out and what the shop saw.
 */

const root = path.resolve(import.meta.dirname, "..");
const line = await builtCommandLine(true);
const data = mkdtempSync(path.join(os.tmpdir(), "stigmer-demo-"));
const shop = await startShop();
shop.plan({ method: "POST", path: "/payments", status: 503, times: 2 });
const server = await line.server(["--data", data, "--allow-network", "127.0.0.1"]);
process.stderr.write(server.log());

/** Shows a command as a user would type it and runs it with this terminal. */
function stigmer(...args: string[]): Promise<number | null> {
  process.stderr.write(`\n$ stigmer ${args.join(" ")}\n`);
  const child = spawn(process.execPath, [path.join(root, "server/bin/stigmer.js"), ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, STIGMER_SERVER_ADDR: server.address },
  });
  return new Promise((resolve) => {
    child.once("exit", resolve);
  });
}

let status: number | null = 1;
try {
  status = await stigmer("apply", "-f", "examples/order-fulfilment/workflow.yaml");
  if (status === 0)
    status = await stigmer(
      "run",
      "order-fulfilment",
      "--input",
      "@examples/order-fulfilment/input.yaml",
      "--set",
      `shop=${shop.url}`,
    );
  if (status === 0) status = await stigmer("get", "runs");
  const effects = shop.effects();
  process.stderr.write(
    `\nThe shop saw ${effects.length} idempotency keys, each with one effect: ${effects.every((effect) => effect.effects === 1)}\n`,
  );
} finally {
  await server.end("SIGTERM");
  await shop.close();
  rmSync(data, { recursive: true, force: true });
}
process.stderr.write(
  status === 0
    ? "\nThe server is stopped again. Start your own with: npx stigmer server   (API on http://127.0.0.1:7234; the browser console is not built yet)\n"
    : "\nThe demonstration failed\n",
);
process.exitCode = status ?? 1;
