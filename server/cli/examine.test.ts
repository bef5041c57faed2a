import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { resolveConfig } from "../config/resolve-config.ts";
import { examine } from "./examine.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-doctor-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const look = async (flags: Record<string, unknown>) => {
  const findings = await examine(resolveConfig({ flags: { port: 0, ...flags } }).config);
  return Object.fromEntries(findings.map(({ what, state, says }) => [what, `${state}: ${says}`]));
};

describe("examine", () => {
  test("finds a folder that can be made", async () => {
    const data = path.join(folder, "a", "b");
    expect(await look({ data })).toMatchObject({ data: `ok: ${data} will be made`, node: `ok: ${process.version}` });
  });

  test("tells a file where the data directory should be", async () => {
    const data = path.join(folder, "file");
    writeFileSync(data, "");
    expect(await look({ data })).toMatchObject({ data: `bad: ${data} is not a directory` });
  });

  test("tells another living process that holds the database, and none that is dead", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    writeFileSync(path.join(folder, "stigmer.db.lock"), `${child.pid}\n\n`);
    expect((await look({ data: folder }))["lock"]).toBe(`note: a server runs on this database (process ${child.pid})`);
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });
    expect((await look({ data: folder }))["lock"]).toMatch(/^ok/u);
  });

  test("tells a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    expect((await look({ data: folder, port }))["port"]).toContain("note: something listens on 127.0.0.1:");
    await new Promise((resolve) => server.close(resolve));
    expect((await look({ data: folder, port }))["port"]).toBe(`ok: 127.0.0.1:${port} is free`);
  });
});
