import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { visitTasks } from "@stigmer/core/check/task-visit.ts";
import { type Diagnostic, type Finding, hasErrors } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { parseText } from "@stigmer/core/dsl/parse/parse-text.ts";
import { type ValueSite, checkShape } from "@stigmer/core/dsl/schema/check-shape.ts";
import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";
import { parseDuration } from "@stigmer/core/lib/duration.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { childPointer } from "@stigmer/core/lib/json-pointer.ts";
import path from "node:path";
import { testCodes } from "@stigmer/core/check/test-codes.ts";
import { testFileShape } from "./test-file-shape.ts";

/** A duration as a file holds it. */
export type DurationSpec = Json;

/** What a mocked task answers, as a file holds it. */
export interface AnswerSpec {
  readonly output?: Json;
  readonly error?: JsonObject;
  readonly delay?: DurationSpec;
  readonly never?: boolean;
  readonly messages?: readonly JsonObject[];
  readonly every?: DurationSpec;
  readonly open?: boolean;
}

/** What must come of a case; whatever is given must hold. */
export interface ExpectSpec {
  readonly status?: string;
  readonly output?: Json;
  readonly error?: JsonObject;
  readonly context?: Json;
  readonly path?: readonly string[];
  readonly calls?: readonly JsonObject[] | { readonly [task: string]: number };
  readonly published?: readonly JsonObject[];
  readonly waiting?: readonly string[];
  readonly elapsed?: DurationSpec;
}

/** One case of a file. */
export interface CaseSpec {
  readonly name: string;
  readonly given?: {
    readonly input?: Json;
    readonly env?: JsonObject;
    readonly secrets?: JsonObject;
    readonly at?: string;
  };
  readonly mocks?: {
    readonly [task: string]: readonly AnswerSpec[] | (AnswerSpec & { readonly sequence?: readonly AnswerSpec[] });
  };
  readonly events?: readonly (JsonObject & { readonly after?: DurationSpec })[];
  readonly controls?: readonly (JsonObject & { readonly type: string })[];
  readonly expect: ExpectSpec;
}

/** A file of tests that can be run. */
export interface TestFile {
  readonly file: string;
  readonly workflowFile: string;
  readonly document: WorkflowDocument;
  readonly workflows: readonly WorkflowDocument[];
  readonly cases: readonly (CaseSpec & { readonly line: number })[];
}

/** Reads a file of tests and the workflow beside it. Without `tests` the diagnostics say why. `read` gives the text of a file, and rejects where there is none. */
export async function readTestFile(
  file: string,
  text: string,
  read: (file: string) => Promise<string>,
): Promise<{ readonly tests?: TestFile; readonly diagnostics: readonly Diagnostic[] }> {
  const { value, positions, diagnostics } = parseText(text, { file });
  if (value === undefined || hasErrors(diagnostics)) return { diagnostics };
  const { findings: shapeFindings, sites } = checkShape(value, testFileShape);
  const misshapen = [...shapeFindings, ...badTimes(sites)].map((finding) => positions.place(finding));
  if (hasErrors(misshapen)) return { diagnostics: misshapen };
  const {
    workflow = "workflow.yaml",
    workflows = [],
    cases,
  } = value as unknown as {
    readonly workflow?: string;
    readonly workflows?: readonly string[];
    readonly cases: readonly CaseSpec[];
  };
  const beside = (name: string): string => path.join(path.dirname(file), name);
  const load = async (name: string) => loadWorkflow(await read(beside(name)), { file: beside(name) });
  const [main, ...others] = await Promise.all([workflow, ...workflows].map(load));
  const documents = others.flatMap(({ document }) => (document === undefined ? [] : [document]));
  const refused = [main, ...others].flatMap((loaded) => loaded?.diagnostics.filter(isError) ?? []);
  if (main?.document === undefined || refused.length > 0) return { diagnostics: refused };
  const findings = misnamed(cases, namesOf([main.document, ...documents])).map((finding) => positions.place(finding));
  if (findings.length > 0) return { diagnostics: findings };
  const tests: TestFile = {
    file,
    workflowFile: beside(workflow),
    document: main.document,
    workflows: documents,
    cases: cases.map((one, index) => {
      const { start } = positions.value(`/cases/${index}/name`);
      return { ...one, line: positions.source.position(start).line };
    }),
  };
  return { tests, diagnostics };
}

function badTimes(sites: readonly ValueSite[]): readonly Finding[] {
  return sites.flatMap(({ role, value, pointer }) => {
    const problem =
      role === "duration"
        ? parseDuration(value).problem
        : role === "date-time" && Number.isNaN(Date.parse(String(value)))
          ? "it is not a time such as 2026-11-23T09:00:00Z"
          : undefined;
    if (problem === undefined) return [];
    return [{ code: testCodes.badTime, pointer, message: `Cannot read the time "${String(value)}": ${problem}` }];
  });
}

const isError = ({ severity }: Diagnostic): boolean => severity === "error";

/** Names and pointers of all tasks. */
function namesOf(documents: readonly WorkflowDocument[]): ReadonlySet<string> {
  return new Set(
    documents.flatMap((document) => visitTasks(document).tasks.flatMap(({ name, pointer }) => [name, pointer])),
  );
}

function misnamed(cases: readonly CaseSpec[], known: ReadonlySet<string>): readonly Finding[] {
  const findings: Finding[] = [];
  const look = (name: string, pointer: string, what: string, at: "key" | "value"): void => {
    if (known.has(name)) return;
    const near = didYouMean(name, known);
    findings.push({
      code: testCodes.unknownTask,
      pointer,
      at,
      message: `Cannot ${what} "${name}": the workflow has no task of this name`,
      hint:
        near === undefined
          ? `tasks are ${[...known].filter((key) => !key.startsWith("/")).join(", ")}`
          : `did you mean "${near}"?`,
    });
  };
  const names = new Set<string>();
  for (const [index, one] of cases.entries()) {
    const pointer = `/cases/${index}`;
    if (names.has(one.name)) {
      const message = `Cannot tell two cases "${one.name}" apart: each should have its own name`;
      findings.push({ code: testCodes.duplicateCase, pointer: `${pointer}/name`, message });
    }
    names.add(one.name);
    for (const name of Object.keys(one.mocks ?? {}))
      if (name !== "*") look(name, childPointer(`${pointer}/mocks`, name), "mock", "key");
    for (const [at, name] of (one.expect.path ?? []).entries())
      look(name, `${pointer}/expect/path/${at}`, "expect", "value");
    for (const [at, { task }] of (one.controls ?? []).entries())
      if (typeof task === "string") look(task, `${pointer}/controls/${at}/task`, "control", "value");
    const { calls } = one.expect;
    if (Array.isArray(calls)) {
      for (const [at, { task }] of (calls as readonly JsonObject[]).entries())
        if (typeof task === "string") look(task, `${pointer}/expect/calls/${at}/task`, "expect a call of", "value");
    } else {
      for (const name of Object.keys(calls ?? {}))
        look(name, childPointer(`${pointer}/expect/calls`, name), "expect calls of", "key");
    }
  }
  return findings;
}
