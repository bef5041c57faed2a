import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { bundle } from "./build.mjs";

/* What a command loads decides how fast it starts. Time cannot be asserted; what is loaded can. A build of its own, so that nobody replaces it meanwhile. */

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-startup-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const root = path.resolve(import.meta.dirname, "..");
const built = bundle(path.join(folder, "bundle"));

/** The sources that a command of the bundle loads, as paths of the repository, and how many bytes of code they came in. */
async function loaded(
  ...args: readonly string[]
): Promise<{ readonly sources: readonly string[]; readonly bytes: number }> {
  await built;
  const record = path.join(folder, `loaded-${args.join("-").replaceAll(/\W/gu, "_").slice(0, 40)}.txt`);
  const hook = `import { appendFileSync } from "node:fs"; export async function load(url, context, next) { appendFileSync(${JSON.stringify(record)}, url + "\\n"); return next(url, context); }`;
  const start = `import { register } from "node:module"; register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));`;
  writeFileSync(path.join(folder, "start.mjs"), start);
  const entry = path.join(folder, "bundle/stigmer.js");
  const preload = ["--import", pathToFileURL(path.join(folder, "start.mjs")).href];
  execFileSync(process.execPath, [...preload, entry, ...args], { stdio: ["ignore", "ignore", "ignore"] });
  const chunks = [...new Set(readFileSync(record, "utf8").split("\n"))]
    .filter((url) => url.includes("/bundle/"))
    .map((url) => readFileSync(new URL(url), "utf8"));
  const maps = chunks.map((code) => /sourceMappingURL=(.+)$/mu.exec(code)?.[1] ?? "");
  const sources = maps.flatMap(
    (map) => (JSON.parse(readFileSync(path.join(folder, "bundle", map), "utf8")) as { sources: string[] }).sources,
  );
  return {
    sources: sources.map((source) => path.relative(root, path.resolve(folder, "bundle", source))),
    bytes: chunks.reduce((sum, code) => sum + code.length, 0),
  };
}

const KiB = 1024;
const packages = (sources: readonly string[]): readonly string[] =>
  [...new Set(sources.map((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(source)?.[1] ?? ""))]
    .filter((name) => name !== "")
    .toSorted();

describe("what a command loads", () => {
  test.each([["--help"], ["--version"], ["get", "--help"]])("%s: words only", async (...args) => {
    const { sources, bytes } = await loaded(...args);
    expect(packages(sources)).toEqual(["commander", "picocolors"]);
    expect(sources.filter((source) => /^(core|api|server\/(?!cli|config))\//u.test(source))).toEqual([]);
    expect(bytes).toBeLessThan(150 * KiB);
  });

  test("validate: the language, neither the API nor the engine", async () => {
    const { sources, bytes } = await loaded("validate", path.join(root, "examples/order-saga/workflow.yaml"));
    expect(packages(sources)).toEqual(["commander", "js-yaml", "picocolors"]);
    expect(
      sources.filter((source) => /^(api|core\/(interpreter|simulate|graph)|server\/(?!cli|config))\//u.test(source)),
    ).toEqual([]);
    expect(bytes).toBeLessThan(700 * KiB);
  });
});
