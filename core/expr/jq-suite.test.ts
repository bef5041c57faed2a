import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ExpressionSyntaxError, compileExpression } from "./expression.ts";
import { JQ_VERSIONS, NEWEST_JQ, type SuiteCase, suiteCases } from "./testing/jq-suite.ts";
import { SUITE_ENVIRONMENT, areExpected, outputsOf } from "./testing/run-case.ts";

const DOCUMENT = fileURLToPath(new URL("../../docs/reference/expressions.md", import.meta.url));
const isAbsent = JQ_VERSIONS.some((version) => suiteCases(version).length === 0);

function passes(item: SuiteCase): boolean {
  if (!item.fails) {
    try {
      return areExpected(outputsOf(item, SUITE_ENVIRONMENT), item.outputs);
    } catch {
      return false;
    }
  }
  try {
    compileExpression(item.program, { variables: [] });
    return false;
  } catch (error) {
    return error instanceof ExpressionSyntaxError;
  }
}

/** Cases of an older version whose outcome the newest suite itself has changed: no program can pass both. */
function isSuperseded(item: SuiteCase, newest: ReadonlyMap<string, SuiteCase>): boolean {
  const successor = newest.get(`${item.program}\n${item.input}`);
  return successor !== undefined && successor.outputs.join("\n") !== item.outputs.join("\n");
}

/** The differences that the documentation lists, as "version file:line". */
function documented(): ReadonlySet<string> {
  const rows = readFileSync(DOCUMENT, "utf8").matchAll(/^\| (1\.\d\.\d) \| (\S+:\d+) \|/gmu);
  return new Set([...rows].map(([, version, place]) => `${version} ${place}`));
}

describe.skipIf(isAbsent)("expressions, jq's own suites (skipped where ../shared is absent)", () => {
  test("every miss is in docs/reference/expressions.md, and nothing else", () => {
    const missed = JQ_VERSIONS.flatMap((version) =>
      suiteCases(version)
        .filter((item) => !passes(item))
        .map((item) => `${version} ${item.file}:${item.line}`),
    );
    expect(missed.toSorted()).toEqual([...documented()].toSorted());
  });

  test.each(JQ_VERSIONS)("%s passes at 98 percent or more", (version) => {
    const newest = new Map(suiteCases(NEWEST_JQ).map((item) => [`${item.program}\n${item.input}`, item]));
    const cases = suiteCases(version);
    const valid = cases.filter((item) => version === NEWEST_JQ || passes(item) || !isSuperseded(item, newest));
    const exact = cases.filter(passes).length;
    const validExact = valid.filter(passes).length;
    // oxlint-disable-next-line no-restricted-globals -- a test may print its figures; the engine may not
    console.log(
      `jq ${version}: ${exact} of ${cases.length} exact (${((100 * exact) / cases.length).toFixed(2)} %); ` +
        `without ${cases.length - valid.length} that ${NEWEST_JQ} contradicts: ${validExact} of ${valid.length} (${((100 * validExact) / valid.length).toFixed(2)} %)`,
    );
    expect(validExact / valid.length).toBeGreaterThanOrEqual(0.98);
  });
});
