import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test as check } from "vitest";
import { runCommand } from "../run-command.ts";
import { examples } from "./examples.ts";
import { schema } from "./schema.ts";
import { test } from "./test.ts";
import { validate } from "./validate.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "stigmer-examples-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("stigmer examples", () => {
  check("lists them, as a table and as data", async () => {
    const { stdout } = await runCommand(examples, []);
    expect(stdout).toMatch(/^NAME +TITLE\n/u);
    const names = JSON.parse((await runCommand(examples, ["-o", "json"])).stdout) as readonly { name: string }[];
    expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(["order-saga", "retry-with-backoff"]));
  });

  check("writes one with its tests and the schemas, its first line naming its schema, and it passes", async () => {
    const folder = path.join(root, "saga");
    expect(await runCommand(examples, ["order-saga", folder, "--dry-run"])).toMatchObject({ status: 0 });
    expect(readdirSync(root)).toEqual([]);
    expect(await runCommand(examples, ["order-saga", folder])).toMatchObject({ status: 0 });
    expect(readFileSync(path.join(folder, "workflow.yaml"), "utf8")).toMatch(
      /^# yaml-language-server: \$schema=\.stigmer\/workflow\.schema\.json\n/u,
    );
    const written = readFileSync(path.join(folder, ".stigmer/workflow.schema.json"), "utf8");
    expect(written).toBe((await runCommand(schema, [])).stdout);
    expect(await runCommand(validate, [path.join(folder, "workflow.yaml"), "--strict"])).toMatchObject({ status: 0 });
    expect(await runCommand(test, [folder])).toMatchObject({ status: 0 });
    expect(await runCommand(examples, ["order-saga", folder])).toMatchObject({ status: 5 });
  });

  check("suggests the nearest", async () => {
    expect(await runCommand(examples, ["order-sagas"])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('did you mean "order-saga"?') as string,
    });
  });
});

describe("stigmer schema", () => {
  check("prints a schema or the line that names one", async () => {
    expect(JSON.parse((await runCommand(schema, ["test"])).stdout)).toMatchObject({
      properties: { cases: { type: "array" } },
    });
    expect(await runCommand(schema, ["--modeline", "x.json"])).toMatchObject({
      stdout: "# yaml-language-server: $schema=x.json\n",
    });
    expect(await runCommand(schema, ["wrkflow"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean "workflow"?') as string,
    });
  });
});
