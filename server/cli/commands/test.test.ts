import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test as check } from "vitest";
import { runCommand } from "../run-command.ts";
import { explain } from "./explain.ts";
import { test } from "./test.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "stigmer-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WORKFLOW = `
document: { dsl: 1.0.3, namespace: test, name: greet, version: 1.0.0 }
do:
  - size:
      switch:
        - big: { when: .n > 10, then: large }
        - small: { then: ask }
  - large:
      set: { size: large }
      then: end
  - ask:
      if: .skip != true
      call: http
      with: { method: get, endpoint: "https://x.example" }
`;

let folders = 0;
/** A folder with the workflow and one file of tests; gives the path of the latter. */
function project(tests: string): string {
  const folder = path.join(root, String((folders += 1)));
  mkdirSync(folder);
  writeFileSync(path.join(folder, "workflow.yaml"), WORKFLOW);
  writeFileSync(path.join(folder, "workflow.test.yaml"), tests);
  return folder;
}

const run = async (tests: string, ...args: string[]) => runCommand(test, [project(tests), ...args]);

const PASSING = `
cases:
  - name: large
    given: { input: { n: 11 } }
    expect: { output: { size: large }, path: [size, large] }
`;

describe("stigmer test", () => {
  check("passes with 0 when every case holds", async () => {
    const { status, stdout, stderr } = await run(PASSING);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "1 passed, 0 failed\n" });
    expect(stdout).toContain("  pass  large\n");
  });

  check.each([
    [
      "an output",
      "{ output: { size: small, more: 1 } }",
      ['output.size: expected "small", got "large"', "output.more: expected 1, got nothing"],
    ],
    ["a surplus", "{ output: {} }", ['output.size: expected nothing, got "large"']],
    ["a status", "{ status: cancelled }", ["status: expected cancelled, got completed"]],
    ["an error", "{ error: { status: 503 } }", ["status: expected faulted, got completed"]],
    ["a path", "{ path: [size, ask] }", ['path[1]: expected "ask", got "large"']],
    ["numbers of calls", "{ calls: { ask: 1 } }", ["calls.ask: expected 1, got 0"]],
    ["calls", "{ calls: [{ task: ask }] }", ["calls: expected 1 items, got 0"]],
    ["the time", "{ elapsed: { seconds: 1 } }", ["elapsed: expected 1000 ms, got 0 ms"]],
    ["waiting", "{ waiting: [event] }", ['waiting: expected "event", got nothing']],
  ])("fails with 1 and says how it differs: %s", async (_name, expectation, lines) => {
    const { status, stdout } = await run(`cases: [{ name: one, given: { input: { n: 11 } }, expect: ${expectation} }]`);
    expect(status).toBe(1);
    expect(stdout).toContain("  FAIL  one  ");
    for (const line of lines) expect(stdout).toContain(`          ${line}`);
  });

  check.each([
    ["a misspelt key", "cases: [{ name: one, expct: {} }]", ":1:22", 'did you mean "expect"'],
    ["no cases", "workflow: workflow.yaml", ":1:1", "cases"],
    [
      "a mock of no task",
      "cases: [{ name: one, mocks: { asc: { output: 1 } }, expect: { status: completed } }]",
      ":1:31",
      'did you mean "ask"',
    ],
    ["a path through no task", "cases: [{ name: one, expect: { path: [sice] } }]", ":1:39", 'did you mean "size"'],
    ["calls of no task", "cases: [{ name: one, expect: { calls: { asks: 1 } } }]", ":1:41", 'did you mean "ask"'],
    ["a bad duration", "cases: [{ name: one, expect: { elapsed: soon } }]", ":1:41", "OW1903"],
    [
      "two cases of one name",
      "cases: [{ name: a, expect: { status: completed } }, { name: a, expect: { status: completed } }]",
      ":1:61",
      "its own name",
    ],
    ["broken YAML", "cases: [", ":1:", "OW1001"],
  ])("refuses %s at its place", async (_name, tests, place, text) => {
    const { status, stderr } = await run(tests);
    expect(status).toBe(3);
    expect(stderr).toContain(`workflow.test.yaml${place}`);
    expect(stderr).toContain(text);
  });

  check("refuses a workflow that does not exist, and a folder without tests", async () => {
    expect(await run("workflow: other.yaml\ncases: [{ name: a, expect: { status: completed } }]")).toMatchObject({
      status: 3,
    });
    const empty = mkdtempSync(path.join(root, "empty-"));
    const { status, stderr } = await runCommand(test, [empty]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("it has no *.test.yaml file") });
  });

  check("shows secrets of a test in clear to its expectations", async () => {
    const folder = project("cases: [{ name: a, given: { secrets: { key: abc } }, expect: { output: { k: abc } } }]");
    writeFileSync(
      path.join(folder, "workflow.yaml"),
      `document: { dsl: 1.0.3, namespace: t, name: s, version: 1.0.0 }\nuse: { secrets: [key] }\ndo: [{ a: { set: { k: "\${ $secrets.key }" } } }]\n`,
    );
    expect(await runCommand(test, [folder])).toMatchObject({ status: 0 });
  });

  check("--coverage names the tasks and branches that no case reached", async () => {
    const { stdout } = await run(PASSING, "--coverage");
    expect(stdout.split("\n").map((line) => line.trim())).toEqual(
      expect.arrayContaining([
        "tasks: 2 of 3",
        "not reached  ask  /do/2/ask",
        "branches: 1 of 4",
        "not reached  size: small  /do/0/size",
        "not reached  ask: if true  /do/2/ask",
        "not reached  ask: if false  /do/2/ask",
      ]),
    );
  });

  check("--coverage looks at each round of a loop: a try held in one and caught in another", async () => {
    const folder = project(
      `cases: [{ name: a, given: { input: [1, 2] }, mocks: { ask: [{ error: { status: 500 } }, { output: 1 }] }, expect: { status: completed } }]`,
    );
    writeFileSync(
      path.join(folder, "workflow.yaml"),
      `document: { dsl: 1.0.3, namespace: t, name: s, version: 1.0.0 }
do:
  - each:
      for: { in: "\${ $workflow.input }" }
      do:
        - safe:
            try: [{ ask: { call: http, with: { method: get, endpoint: "https://a.example" } } }]
            catch: {}
`,
    );
    const { status, stdout } = await runCommand(test, [folder, "--coverage"]);
    expect({ status, branches: /branches: .*/.exec(stdout)?.[0] }).toEqual({ status: 0, branches: "branches: 2 of 2" });
  });

  check("-o junit is XML with the failures, -o json has the same", async () => {
    const tests = `cases: [{ name: "<a> & b", expect: { output: { x: "\\"" } }, mocks: { ask: { output: {} } } }]`;
    const { stdout } = await run(tests, "-o", "junit");
    expect(stdout).toContain('<testsuites name="stigmer test" tests="1" failures="1" errors="0">');
    expect(stdout).toContain('name="&lt;a&gt; &amp; b"');
    expect(stdout).toContain("output.x: expected &quot;\\&quot;&quot;, got nothing");
    const json = await run(tests, "-o", "json");
    expect(JSON.parse(json.stdout)).toMatchObject([{ cases: [{ name: "<a> & b", passed: false }] }]);
    expect(await run(tests, "-o", "xml")).toMatchObject({ status: 2 });
  });

  check("--only picks cases by name and refuses a name that none has", async () => {
    const two =
      "cases: [{ name: a, expect: { status: faulted } }, { name: b, given: { input: { n: 11 } }, expect: { status: completed } }]";
    expect(await run(two, "--only", "b")).toMatchObject({ status: 0 });
    expect(await run(two, "--only", "c")).toMatchObject({ status: 5 });
  });

  check("every example passes", async () => {
    const { status, stdout } = await runCommand(test, [path.resolve(import.meta.dirname, "../../../examples")]);
    expect({ status, failures: stdout.split("\n").filter((line) => line.includes("FAIL")) }).toEqual({
      status: 0,
      failures: [],
    });
  });
});

describe("stigmer explain", () => {
  check("knows the codes of test files", async () => {
    expect((await runCommand(explain, ["ow1901"])).stdout).toContain("test-task-exists");
    expect((await runCommand(explain, [])).stdout).toContain("OW1902");
  });
});
