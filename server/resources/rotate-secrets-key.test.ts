import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fromBinary } from "@bufbuild/protobuf";
import { EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import { readKeyFile } from "./key-file.ts";
import { rotateSecretsKey } from "./rotate-secrets-key.ts";
import { openVariable } from "./sealed-values.ts";
import { SecretBox } from "./secret-box.ts";
import { environment } from "./testing/definitions.ts";
import { openResourceWorld } from "./testing/resource-world.ts";

const ENVIRONMENTS = 5;
let folder = "";
let database = "";
let keyFile = "";

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "stigmer-rotate-"));
  database = path.join(folder, "stigmer.db");
  keyFile = path.join(folder, "secrets.key");
  const store = await openSqliteStore({ path: database, programVersion: "0.0.0-test" });
  const world = await openResourceWorld({ store, key: readKeyFile(keyFile).current });
  for (let index = 0; index < ENVIRONMENTS; index++)
    await world.client.environment.command.create(environment(`env ${index}`, {}, { TOKEN: `secret ${index}` }));
  await world.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The secrets as a server with this key file would open them. */
async function secrets(box: SecretBox): Promise<string[]> {
  const store = await openSqliteStore({ path: database, programVersion: "0.0.0-test" });
  try {
    const { rows } = await store.resources.list({ kind: "environment", limit: 100 });
    const values = rows.flatMap((row) =>
      Object.entries(fromBinary(EnvironmentSchema, row.data).spec?.data ?? {}).map(([name, variable]) =>
        openVariable(variable, name, row.id, box),
      ),
    );
    return values.toSorted();
  } finally {
    await store.close();
  }
}

const all = Array.from({ length: ENVIRONMENTS }, (_, index) => `secret ${index}`);
const rotate = (forgetFormer: boolean): ReturnType<typeof rotateSecretsKey> =>
  rotateSecretsKey({ database, keyFile, programVersion: "0.0.0-test", forgetFormer });

test("rotateSecretsKey seals every secret with a new key and keeps the former one for backups", async () => {
  const { current: before } = readKeyFile(keyFile);
  expect(await rotate(false)).toEqual({ moved: ENVIRONMENTS, former: 1 });
  const { current, former } = readKeyFile(keyFile);
  expect(former).toEqual([before]);
  expect(await secrets(new SecretBox({ current }))).toEqual(all);
});

test("rotateSecretsKey forgets former keys when it is told to", async () => {
  await rotate(false);
  expect(await rotate(true)).toEqual({ moved: ENVIRONMENTS, former: 0 });
  const ring = readKeyFile(keyFile);
  expect(ring.former).toEqual([]);
  expect(await secrets(new SecretBox(ring))).toEqual(all);
});

test("rotateSecretsKey leaves the key file alone while a server has the database open", async () => {
  const store = await openSqliteStore({ path: database, programVersion: "0.0.0-test" });
  const before = readFileSync(keyFile, "utf8");
  await expect(rotate(true)).rejects.toMatchObject({ reason: "locked" });
  expect(readFileSync(keyFile, "utf8")).toBe(before);
  await store.close();
});

test("rotateSecretsKey is not kept by what a crash left of a key file", async () => {
  writeFileSync(`${keyFile}.next`, "half a k");
  expect(await rotate(true)).toEqual({ moved: ENVIRONMENTS, former: 0 });
  expect(await secrets(new SecretBox(readKeyFile(keyFile)))).toEqual(all);
});

test("kill -9 at any write of a rotation loses no secret, and the next rotation moves all of them", async () => {
  for (const at of [0, 1, 3, ENVIRONMENTS - 1]) {
    const child = path.join(import.meta.dirname, "testing/rotate-child.ts");
    const { signal } = spawnSync(
      process.execPath,
      ["--conditions=source", "--import", "tsx", child, database, keyFile, String(at)],
      { encoding: "utf8" },
    );
    expect(signal).toBe("SIGKILL");
    expect(await secrets(new SecretBox(readKeyFile(keyFile)))).toEqual(all);
  }
  expect(readKeyFile(keyFile).former).toHaveLength(4);
  expect(await rotate(true)).toEqual({ moved: ENVIRONMENTS, former: 0 });
  expect(await secrets(new SecretBox(readKeyFile(keyFile)))).toEqual(all);
}, 60_000);
