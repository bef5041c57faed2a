import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One test of jq's own suites. */
export interface SuiteCase {
  readonly file: string;
  readonly line: number;
  readonly program: string;
  /** The program must be refused. */
  readonly fails: boolean;
  readonly input: string;
  readonly outputs: readonly string[];
}

/** The version whose behaviour is ours where versions disagree. */
export const NEWEST_JQ = "1.8.2";
/** The versions whose suites are run. */
export const JQ_VERSIONS = ["1.7.1", NEWEST_JQ] as const;

/** Where jq's suites lie beside the repository, or undefined where they are absent. */
function suiteFolder(version: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../../shared/jq/${version}/`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

/** Reads a suite: groups of lines separated by blank ones — program, input, outputs — or, after `%%FAIL`, a program and its error message. */
export function readSuite(folder: string, file: string): readonly SuiteCase[] {
  const cases: SuiteCase[] = [];
  let group: string[] = [];
  let start = 0;
  const lines = readFileSync(`${folder}${file}`, "utf8").split("\n");
  lines.forEach((line, index) => {
    // A comment may stand anywhere in a group.
    if (line.startsWith("#")) return;
    if (line.trim() !== "") {
      if (group.length === 0) start = index + 1;
      group.push(line);
      return;
    }
    if (group.length > 0) cases.push(toCase(file, start, group));
    group = [];
  });
  if (group.length > 0) cases.push(toCase(file, start, group));
  return cases;
}

function toCase(file: string, line: number, group: readonly string[]): SuiteCase {
  const fails = group[0]?.startsWith("%%FAIL") ?? false;
  const [program = "", input = "null", ...outputs] = fails ? group.slice(1) : group;
  return { file, line, program, fails, input: fails ? "null" : input, outputs: fails ? [] : outputs };
}

/** The cases of a version of jq's own suites, without those that need modules; none where the suites are absent. */
export function suiteCases(version: string): readonly SuiteCase[] {
  const folder = suiteFolder(version);
  if (folder === undefined) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".test"))
    .flatMap((file) => readSuite(folder, file))
    .filter((item) => !needsModules(item));
}

/** Modules are left out of the language on purpose: these cases need them. */
function needsModules({ program }: SuiteCase): boolean {
  return /^\s*(?:import|include|module)\b/u.test(program) || program.includes("modulemeta");
}
