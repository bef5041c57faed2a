import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { compileProgram } from "@stigmer/core/interpreter/compile.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { type Json, jsonEquals } from "@stigmer/core/lib/json.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { Document } from "yaml";
import type { Connection } from "../connection.ts";
import { CliError, exit } from "../exit.ts";
import { jsonOfValue } from "../proto-value.ts";
import { recordCase } from "./record-case.ts";
import { runCase } from "./run-case.ts";
import type { CaseSpec, ExpectSpec } from "./test-file.ts";

/** Files a recording consists of, and what of the run could not be kept. */
export interface Recording {
  readonly files: { readonly [file: string]: string };
  readonly notes: readonly string[];
}

/** Parts of an expectation that may depend on what a test cannot repeat: the clock while calls are under way, ids made up on the way. */
const FRAGILE = ["output", "error", "path", "calls"] as const;

/**
 * Makes a test of a real run. The test stands beside the workflow: `folder/workflow.yaml` where that is the definition the run had, else a copy of that definition. It is run once, and an
 * expectation that does not hold then (an output with the time in it) is left out with a note, so that what is written passes.
 */
export async function recordRun(connection: Connection, executionId: string, folder: string): Promise<Recording> {
  const { client } = connection;
  const { spec, status } = await client.workflowExecution.query.get({ value: executionId });
  const version = await client.workflow.service.getVersion({
    workflowId: spec?.workflowId ?? "",
    version: { case: "digest", value: status?.definitionDigest ?? "" },
  });
  const { document } = loadWorkflow(version.definition);
  if (document === undefined)
    throw new CliError(exit.invalid, `Cannot record "${executionId}": its definition is not valid for this version`);
  const program = compileProgram(document);
  const recorded = recordCase(
    `does what ${executionId} did`,
    document,
    program,
    await factsOf(connection, executionId),
  );
  const { kept, notes } = holding(
    recorded,
    (one) =>
      runCase({ file: "", workflowFile: "", document, workflows: [], cases: [] }, { ...one, line: 1 }, program)
        .differences,
  );
  const name = `${document.document.name}-${executionId.slice(-8)}`;
  const isBeside = await isSame(path.join(folder, "workflow.yaml"), document);
  const content = new Document(
    { ...(isBeside ? {} : { workflow: `${name}.yaml` }), cases: [kept] },
    { aliasDuplicateObjects: false },
  );
  content.commentBefore = [` Recorded from ${executionId}.`, ...notes.map((note) => ` ${note}`)].join("\n");
  return {
    files: {
      [`${name}.test.yaml`]: content.toString({ lineWidth: 0 }),
      ...(isBeside ? {} : { [`${name}.yaml`]: version.definition }),
    },
    notes,
  };
}

/** Writes a recording; what is there already stays. */
export async function writeRecording(folder: string, { files }: Recording): Promise<void> {
  const present = Object.keys(files).find((file) => existsSync(path.join(folder, file)));
  if (present !== undefined)
    throw new CliError(exit.notFound, `Cannot write "${path.join(folder, present)}": it is already there`);
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text, { flag: "wx" });
}

async function factsOf({ client }: Connection, executionId: string): Promise<readonly RunEvent[]> {
  const facts: RunEvent[] = [];
  let pageToken = "";
  do {
    const page = await client.workflowExecution.service.history({ executionId, pageSize: 1000, pageToken });
    facts.push(...page.entries.map(({ data }) => jsonOfValue(data) as unknown as RunEvent));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return facts;
}

async function isSame(file: string, wanted: WorkflowDocument): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  const document = text === undefined ? undefined : loadWorkflow(text, { file }).document;
  return document !== undefined && jsonEquals(document as unknown as Json, wanted as unknown as Json);
}

function holding(
  recorded: CaseSpec,
  run: (one: CaseSpec) => readonly string[],
): { readonly kept: CaseSpec; readonly notes: readonly string[] } {
  let kept = recorded;
  const notes: string[] = [];
  for (let differences = run(kept); differences.length > 0; differences = run(kept)) {
    const broken = FRAGILE.find(
      (key) => key in kept.expect && differences.some((line) => new RegExp(`^${key}[^a-z]`, "u").test(line)),
    );
    if (broken === undefined)
      throw new CliError(exit.failed, `Cannot record the run: a test of it fails: ${differences[0]}`);
    const { [broken]: _left, ...expect } = kept.expect;
    kept = { ...kept, expect: expect as ExpectSpec };
    notes.push(`The ${broken} is left out: a test cannot repeat it (${differences[0]}).`);
  }
  return { kept, notes };
}
