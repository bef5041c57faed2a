import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Json } from "@stigmer/core/lib/json.ts";
import type { ConformanceCase } from "../conformance/case.ts";
import { engineHost, forgetfulEngineHost } from "../conformance/engine-host/engine-host.ts";
import type { ConformanceHost } from "../conformance/host.ts";
import { SchemaCoverage, schemaPlaces } from "../conformance/coverage.ts";
import { kitScenarios, runScenario } from "../conformance/kit.ts";
import { officialDocuments, problemsOf } from "../conformance/official-examples.ts";
import { simulateHost } from "../conformance/simulate-host.ts";
import { allCases } from "../conformance/tables.ts";
import { differences } from "../conformance/verify.ts";

/*
 * Runs all conformance cases on every host, measures which properties and enum values of the specification's schema they use, and writes docs/conformance.md. Exits 1 when a case does not hold
 * on a host, there are too few, or something of the schema is used by no case. `--check` writes nothing.
 */

const root = join(import.meta.dirname, "..");

/** What runs the cases: the simulator, and the engine of the server, once with everything in memory and once with nothing. */
const hosts: readonly ConformanceHost[] = [simulateHost, engineHost, forgetfulEngineHost];

/** Fewer cases of our own are a gap. */
const CASES_MIN = 600;

/** What a report tells. */
interface ConformanceReport {
  readonly features: readonly { readonly feature: string; readonly cases: number }[];
  /** What came of the cases on each host, by its name. */
  readonly hosts: readonly HostReport[];
  readonly properties: Coverage;
  readonly enumValues: Coverage;
  /** Scenarios of the specification's kit, its examples and its invalid documents, and how many of each come out as they should. */
  readonly kit: Score;
  readonly examples: Score;
  readonly invalid: Score;
}

interface HostReport {
  readonly host: string;
  readonly held: number;
  readonly total: number;
  readonly failing: readonly string[];
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
async function conformanceReport(schema: Json | undefined): Promise<ConformanceReport> {
  const cases = allCases();
  const failed = new Set<ConformanceCase>();
  const ran: HostReport[] = [];
  for (const host of hosts) {
    const failing: string[] = [];
    for (const one of cases) {
      const wrong = differences(one, await host.run(one));
      if (wrong.length === 0) continue;
      failed.add(one);
      failing.push(`${one.feature}: ${one.name}: ${wrong.join("; ")}`);
    }
    ran.push({ host: host.name, total: cases.length, held: cases.length - failing.length, failing });
  }
  const coverage = schema === undefined ? undefined : new SchemaCoverage(schema);
  for (const one of cases) if (coverage !== undefined && !failed.has(one)) cover(coverage, one);
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
    })),
    hosts: ran,
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

const HOST_WORDS: { readonly [host: string]: string } = {
  simulate: "the simulated host",
  embedded: "the embedded engine",
  "embedded, forgetful": "the embedded engine with nothing kept in memory between facts",
};

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
    `| cases of our own | ${total} in ${report.features.length} tables |`,
    ...report.hosts.map(
      ({ host, held, total: all }) => `| cases that hold on ${HOST_WORDS[host] ?? host} | ${held} of ${all} |`,
    ),
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
  for (const { host, failing } of report.hosts)
    for (const failure of failing) console.error(`on "${host}": ${failure}`);
  if (schema === undefined)
    console.error(
      "the specification's schema is not here: its coverage was not measured, docs/conformance.md stays as it is",
    );
  else if (!process.argv.includes("--check")) writeFileSync(join(root, "docs", "conformance.md"), markdown(report));
  const short = [report.kit, report.examples, report.invalid].some(({ held, total }) => held < total);
  const few = report.hosts.some(({ total }) => total < CASES_MIN);
  const failed = short || few || gaps.length > 0 || report.hosts.some(({ failing }) => failing.length > 0);
  for (const { host, held, total } of report.hosts) console.log(`${held} of ${total} cases hold on "${host}"`);
  for (const [what, { held, total }] of Object.entries({
    kit: report.kit,
    examples: report.examples,
    invalid: report.invalid,
  }))
    console.log(`${what}: ${held} of ${total}`);
  console.log(
    `${report.properties.total - report.properties.missing.length} of ${report.properties.total} properties, ${report.enumValues.total - report.enumValues.missing.length} of ${report.enumValues.total} enum values, ${gaps.length} gaps`,
  );
  process.exitCode = failed ? 1 : 0;
}
