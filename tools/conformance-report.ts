import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { ConformanceCase } from "../conformance/case.ts";
import { SchemaCoverage, schemaPlaces } from "../conformance/coverage.ts";
import { kitScenarios, runScenario } from "../conformance/kit.ts";
import { officialDocuments, problemsOf } from "../conformance/official-examples.ts";
import { simulateHost } from "../conformance/simulate-host.ts";
import { allCases } from "../conformance/tables.ts";
import { differences } from "../conformance/verify.ts";

/*
 * Runs all conformance cases, measures which properties and enum values of the specification's schema they use, and writes docs/conformance.md. Exits 1 when a case does not hold or something of
 * the schema is used by no case. `--check` writes nothing.
 */

const root = join(import.meta.dirname, "..");

/** What a report tells. */
export interface ConformanceReport {
  readonly features: readonly {
    readonly feature: string;
    readonly cases: number;
    readonly failing: readonly string[];
  }[];
  readonly properties: Coverage;
  readonly enumValues: Coverage;
  /** Scenarios of the specification's kit, its examples and its invalid documents, and how many of each come out as they should. */
  readonly kit: Score;
  readonly examples: Score;
  readonly invalid: Score;
}

interface Score {
  readonly total: number;
  readonly held: number;
}

interface Coverage {
  readonly total: number;
  readonly missing: readonly string[];
}

/** Runs the cases and measures them against the schema. */
export async function conformanceReport(schema: Json | undefined): Promise<ConformanceReport> {
  const cases = allCases();
  const failing = new Map<string, string[]>();
  const coverage = schema === undefined ? undefined : new SchemaCoverage(schema);
  for (const one of cases) {
    const wrong = differences(one, await simulateHost.run(one));
    if (wrong.length > 0)
      failing.set(one.feature, [...(failing.get(one.feature) ?? []), `${one.name}: ${wrong.join("; ")}`]);
    else if (coverage !== undefined) cover(coverage, one);
  }
  const places = schema === undefined ? undefined : schemaPlaces(schema);
  const used = coverage?.used ?? new Set();
  const missing = (all: ReadonlySet<string> | undefined): Coverage => ({
    total: all?.size ?? 0,
    missing: [...(all ?? [])].filter((place) => !used.has(place)),
  });
  return {
    features: [...new Set(cases.map(({ feature }) => feature))].map((feature) => ({
      feature,
      cases: cases.filter((one) => one.feature === feature).length,
      failing: failing.get(feature) ?? [],
    })),
    properties: missing(places?.properties),
    enumValues: missing(places?.enumValues),
    kit: score(kitScenarios(), (scenario) => runScenario(scenario).length === 0),
    examples: score(officialDocuments("examples"), (document) => problemsOf(document).length === 0),
    invalid: score(officialDocuments("invalid"), (document) => problemsOf(document).length > 0),
  };
}

function score<Item>(items: readonly Item[], holds: (item: Item) => boolean): Score {
  return { total: items.length, held: items.filter(holds).length };
}

/** A case whose result is asserted covers what its document uses; what comes back from processes and brokers has definitions of its own. */
function cover(coverage: SchemaCoverage, one: ConformanceCase): void {
  if (one.want.invalid !== undefined) return;
  if (one.source === undefined) coverage.add(one.document);
  for (const mock of Object.values(one.mocks ?? {}).flat()) {
    const { output, messages } = mock as { readonly output?: Json; readonly messages?: readonly Json[] };
    if (output !== undefined && one.feature.startsWith("run/")) coverage.add(output, "/$defs/processResult");
    for (const message of messages ?? []) coverage.add(message, "/$defs/asyncApiInboundMessage");
  }
}

function markdown(report: ConformanceReport): string {
  const total = report.features.reduce((sum, { cases }) => sum + cases, 0);
  const percent = ({ total: all, missing }: Coverage): string => `${all - missing.length} of ${all}`;
  const lines = [
    "# Conformance",
    "",
    "Written by `npx tsx --conditions=source tools/conformance-report.ts`; do not edit. What the cases decide is told in [semantics.md](semantics.md).",
    "",
    "| what | figure |",
    "| --- | --- |",
    `| cases of our own | ${total} in ${report.features.length} tables, ${report.features.reduce((sum, { failing }) => sum + failing.length, 0)} failing |`,
    `| properties of the specification's schema used by a case with an asserted result | ${percent(report.properties)} |`,
    `| enum values | ${percent(report.enumValues)} |`,
    `| scenarios of the specification's conformance kit | ${report.kit.held} of ${report.kit.total} |`,
    `| examples of the specification that load and compile | ${report.examples.held} of ${report.examples.total} |`,
    `| invalid documents of the specification that are refused | ${report.invalid.held} of ${report.invalid.total} |`,
    "",
    "## Tables",
    "",
    "| table | cases |",
    "| --- | --- |",
    ...report.features.map(({ feature, cases }) => `| [${feature}](../conformance/${feature}.yaml) | ${cases} |`),
    "",
  ];
  return lines.join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const schemaFile = join(root, "..", "shared", "ows", "schema", "workflow.yaml");
  const schema = existsSync(schemaFile) ? (parse(readFileSync(schemaFile, "utf8")) as Json) : undefined;
  const report = await conformanceReport(schema);
  const gaps = [...report.properties.missing, ...report.enumValues.missing];
  for (const gap of gaps) console.error(`no case uses ${gap}`);
  for (const { feature, failing } of report.features)
    for (const failure of failing) console.error(`${feature}: ${failure}`);
  if (schema === undefined)
    console.error(
      "the specification's schema is not here: its coverage was not measured, docs/conformance.md stays as it is",
    );
  else if (!process.argv.includes("--check")) writeFileSync(join(root, "docs", "conformance.md"), markdown(report));
  const short = [report.kit, report.examples, report.invalid].some(({ held, total }) => held < total);
  const failed = short || gaps.length > 0 || report.features.some(({ failing }) => failing.length > 0);
  console.log(`${report.features.reduce((sum, { cases }) => sum + cases, 0)} cases, ${gaps.length} gaps`);
  process.exitCode = failed ? 1 : 0;
}
