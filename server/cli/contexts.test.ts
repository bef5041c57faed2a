import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { context } from "./commands/context.ts";
import { type Surroundings, contextsPath, readContexts, target, writeContexts } from "./contexts.ts";
import { runCommand } from "./run-command.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-contexts-"));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
const home = path.join(folder, "home");
const project = path.join(folder, "project");
const inner = path.join(project, "deep", "er");
const here = (environment: Surroundings["environment"] = {}): Surroundings => ({
  environment: { XDG_CONFIG_HOME: home, ...environment },
  folder: inner,
});

beforeEach(async () => {
  rmSync(home, { recursive: true, force: true });
  rmSync(project, { recursive: true, force: true });
  mkdirSync(inner, { recursive: true });
  await writeContexts(
    {
      current: "dev",
      contexts: {
        dev: { server: "dev:1", org: "d" },
        prod: { server: "prod:1", org: "p" },
        orgless: { server: "x:1" },
      },
    },
    here(),
  );
});

describe("target", () => {
  const PROJECT = "server: project:1\norg: pr\n";
  test.each([
    ["the default without anything", {}, {}, undefined, false, "127.0.0.1:7234", "local"],
    ["the user's current context", {}, {}, undefined, true, "dev:1", "d"],
    ["the project's file over the user's", {}, {}, PROJECT, true, "project:1", "pr"],
    ["the context a project names", {}, {}, "context: prod\n", true, "prod:1", "p"],
    ["the environment over the project's file", {}, { STIGMER_SERVER_ADDR: "env:1" }, PROJECT, true, "env:1", "pr"],
    [
      "a context of the environment over the project's file",
      {},
      { STIGMER_CONTEXT: "prod" },
      PROJECT,
      true,
      "prod:1",
      "p",
    ],
    [
      "a flag over the environment",
      { server: "flag:1" },
      { STIGMER_SERVER_ADDR: "env:1", STIGMER_ORG: "e" },
      PROJECT,
      true,
      "flag:1",
      "e",
    ],
    [
      "a context by flag over the environment",
      { context: "prod" },
      { STIGMER_SERVER_ADDR: "env:1" },
      PROJECT,
      true,
      "prod:1",
      "p",
    ],
    ["each of the two by itself", { context: "orgless" }, {}, PROJECT, true, "x:1", "pr"],
    ["an address without its scheme", { server: "http://flag:1/" }, {}, undefined, false, "flag:1", "local"],
  ])("takes %s", async (_name, options, environment, file, withUser, address, org) => {
    if (!withUser) rmSync(home, { recursive: true, force: true });
    if (file !== undefined) writeFileSync(path.join(project, ".stigmer.yaml"), file);
    expect(await target(options, here(environment))).toMatchObject({ address, org });
  });

  test("refuses a context that is not there with the nearest, and a file that is not right with its place", async () => {
    await expect(target({ context: "prd" }, here())).rejects.toMatchObject({ status: 5, hint: 'did you mean "prod"?' });
    writeFileSync(path.join(project, ".stigmer.yaml"), "server: [1]\n");
    await expect(target({}, here())).rejects.toMatchObject({
      status: 2,
      message: expect.stringContaining("server should be a text") as string,
    });
    writeFileSync(path.join(project, ".stigmer.yaml"), "server: {\n");
    await expect(target({}, here())).rejects.toMatchObject({
      message: expect.stringContaining(".stigmer.yaml:1:9") as string,
    });
  });
});

describe("stigmer context", () => {
  const run = (...args: readonly string[]) => {
    vi.stubEnv("XDG_CONFIG_HOME", home);
    for (const name of ["STIGMER_SERVER_ADDR", "STIGMER_ORG", "STIGMER_CONTEXT"]) vi.stubEnv(name, undefined);
    return runCommand(context, args);
  };

  test("sets, lists, uses and shows", async () => {
    rmSync(home, { recursive: true, force: true });
    expect(await run("list", "-o", "json")).toMatchObject({ status: 0, stdout: "[]\n" });
    expect(await run("set", "a", "--server", "a:1", "--dry-run")).toMatchObject({ status: 0 });
    expect(await readContexts(here())).toEqual({ contexts: {} });
    await run("set", "a", "--server", "a:1");
    await run("set", "b", "--server", "b:1", "--org", "shop");
    expect((await run("list")).stdout).toMatch(/^CURRENT +NAME +SERVER +ORG\n\* +a +a:1\n +b +b:1 +shop\n$/u);
    expect(await run("use", "b")).toMatchObject({ status: 0 });
    expect((await run("show")).stdout).toMatch(/^server +b:1 +context b \(user\)$/mu);
    await run("set", "b", "--org", "other");
    expect(readFileSync(contextsPath(here()), "utf8")).toContain("server: b:1\n    org: other");
  });

  test("refuses a wrong action, a name that is missing and one that is not there", async () => {
    expect(await run("us", "dev")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean "use"?') as string,
    });
    expect(await run("use")).toMatchObject({ status: 2 });
    expect(await run("set", "dev")).toMatchObject({ status: 2 });
    expect(await run("use", "dve")).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('did you mean "dev"?') as string,
    });
  });
});
