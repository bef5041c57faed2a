import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { lackOfPrograms } from "./need.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** What a run of a test file that has two needs, one of them not met, reports. */
function reported(ci: string): readonly (readonly [name: string, status: string])[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-need-"));
  // Vitest is found from the repository, so the file has to be told where it is.
  const imported = (file: string): string => JSON.stringify(path.join(root, file));
  writeFileSync(
    path.join(folder, "needs.test.ts"),
    `import { it } from ${imported("node_modules/vitest/dist/index.js")};
import { describeNeeding, itNeeding, lackOfPrograms } from ${imported("tools/testing/need.ts")};
describeNeeding(lackOfPrograms("no-such-program"), "group", () => it("never", () => {}));
describeNeeding(lackOfPrograms("sh"), "shell", () => it("runs", () => {}));
itNeeding("needs a moon", "single", () => {});
`,
  );
  const report = path.join(folder, "report.json");
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  spawnSync(process.execPath, [vitest, "run", "--root", folder, "--reporter=json", `--outputFile=${report}`], {
    env: { ...process.env, CI: ci },
    stdio: "ignore",
  });
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: readonly { assertionResults: readonly { fullName: string; status: string }[] }[];
  };
  rmSync(folder, { recursive: true });
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ fullName, status }) => [fullName, status] as const),
  );
}

describe("tests with a need that is not met", () => {
  test.each([
    ["are skipped by its name", "", "skipped"],
    ["fail in CI", "true", "failed"],
  ])("%s", (_name, ci, status) => {
    expect(reported(ci)).toEqual([
      ["group needs no-such-program, which is not installed", status],
      ["shell runs", "passed"],
      ["single: needs a moon", status],
    ]);
  });

  test("name every program that is absent", () => {
    expect(lackOfPrograms("sh", "no-such-program", "nor-this")).toBe(
      "needs no-such-program and nor-this, which are not installed",
    );
  });
});
