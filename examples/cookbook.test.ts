import { readFileSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type CommandLine, builtCommandLine } from "../tools/command-line.ts";

/* Every example and every pattern of docs/guides/cookbook.md: a workflow without a mistake, and tests that reach all of it. */

const PATTERNS_MIN = 15;
const folders = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(`${folder}/${entry.name}`).includes("workflow.yaml"))
    .map(({ name }) => name);
const patterns = folders("examples/cookbook");
const examples = folders("examples");
const page = readFileSync("docs/guides/cookbook.md", "utf8");
interface FileReport {
  readonly cases: readonly { readonly name: string; readonly passed: boolean; readonly differences: unknown[] }[];
  readonly coverage: { readonly [what in "tasks" | "branches"]: { readonly missed: readonly unknown[] } };
}

let line: CommandLine;

beforeAll(async () => {
  line = await builtCommandLine();
}, 60_000);

describe("the cookbook and the examples", () => {
  test(`has at least ${String(PATTERNS_MIN)} patterns, each in its page and none there that does not exist`, () => {
    const linked = [...page.matchAll(/\]\(\.\.\/\.\.\/examples\/cookbook\/([a-z-]+)\)/g)].map(([, name]) => name);
    expect(linked.toSorted()).toEqual(patterns.toSorted());
    expect(patterns.length).toBeGreaterThanOrEqual(PATTERNS_MIN);
  });

  test("stands beside six examples", () => {
    expect(examples).toHaveLength(6);
  });

  const all = [...examples, ...patterns.map((name) => `cookbook/${name}`)];
  test.each(all)("%s: valid, passes its tests, and they reach every task and branch", async (name) => {
    const folder = `examples/${name}`;
    const validated = await line.run(["validate", `${folder}/workflow.yaml`]);
    expect(validated).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/error|warning/) });
    const { status, stdout } = await line.run(["test", folder, "--coverage", "-o", "json"]);
    const reports = JSON.parse(stdout) as FileReport[];
    expect(reports.flatMap(({ cases }) => cases.filter(({ passed }) => !passed))).toEqual([]);
    expect(reports.flatMap(({ coverage }) => [...coverage.tasks.missed, ...coverage.branches.missed])).toEqual([]);
    expect({ status, files: reports.length }).toEqual({ status: 0, files: 1 });
  });
});
