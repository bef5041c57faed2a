import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { runCommand } from "../run-command.ts";
import { run } from "./run.ts";

// Whatever listens at the default address of this machine: no server answers.
vi.mock("../connection.ts", async (original) => ({
  ...(await original<typeof import("../connection.ts")>()),
  reachable: async () => false,
}));

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-run-"));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const GREET = `document: { dsl: 1.0.3, namespace: t, name: greet, version: 1.0.0 }
do:
  - greet: { set: { text: "\${ \\"Hello, \\" + .name }" } }
`;

function typed(text: string): void {
  vi.spyOn(process, "stdin", "get").mockReturnValue(
    Readable.from([Buffer.from(text)]) as unknown as NodeJS.ReadStream & {
      fd: 0;
    },
  );
}

describe("stigmer run without a server", () => {
  test("runs a workflow that comes on standard input", async () => {
    typed(GREET);
    const { status, stdout } = await runCommand(run, ["-", "--set", "name=Ada"]);
    expect({ status, output: JSON.parse(stdout) as unknown }).toEqual({ status: 0, output: { text: "Hello, Ada" } });
  });

  test("says that a folder is none to run, by its name or its path", async () => {
    mkdirSync(path.join(folder, "flows/one"), { recursive: true });
    expect(await runCommand(run, ["flows"])).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(
        /^error: Cannot run "flows": it is a folder, .*\nhelp: name a file in it\n$/u,
      ) as string,
    });
    expect(await runCommand(run, ["flows/one"])).toMatchObject({
      status: 3,
      stderr: 'error: Cannot read "flows/one": it is a folder\nhelp: name a file in it\n',
    });
  });

  test("says what is wrong with an input once", async () => {
    typed(GREET);
    expect(await runCommand(run, ["-", "--input", "{bad"])).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/^error: Cannot read --input: unexpected end /u) as string,
    });
  });
});
