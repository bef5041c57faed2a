import { existsSync, statSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import { compileSchema } from "@stigmer/core/lib/json-schema/compile-schema.ts";
import { type Invocation, dryRunHeaders, listOption, textOption } from "./command.ts";
import { type Connection, connection, explain, reachable } from "./connection.ts";
import { target } from "./contexts.ts";
import { showDiagnostics } from "./definitions.ts";
import { CliError, exit } from "./exit.ts";
import { follow } from "./follow.ts";
import { readSource } from "./input.ts";
import { kindNamed, resourceNamed } from "./kinds.ts";
import { protoValue } from "./proto-value.ts";
import { applyResource } from "./resources.ts";

/** Starts a run of a file or of an applied workflow and follows it to its end; resolves to the exit status. */
export async function startAndFollow(invocation: Invocation, input: Json): Promise<number> {
  const { options, terminal } = invocation;
  const reference = invocation.arguments[0] as string;
  const file = looksLikeFile(reference) ? reference : undefined;
  // Read once: standard input has nothing more the second time.
  const definition = file === undefined ? undefined : await loadFile(invocation, file);
  if (file !== undefined && definition === undefined) return exit.invalid;
  if (definition !== undefined) checkInput(definition.document, input);
  const { address, org, origin } = await target(options);
  const named = origin.address !== "default";
  const hasServer = named || (await reachable(address));
  if (definition === undefined && !hasServer && isFolder(reference))
    throw new CliError(
      exit.invalid,
      `Cannot run "${reference}": it is a folder, and no server answers that has a workflow of this name`,
      "name a file in it",
    );
  if (definition === undefined || hasServer) {
    const server = await connection(options);
    try {
      return await start(server, invocation, definition, input);
    } catch (error) {
      throw explain(error, server.address);
    }
  }
  if (options["dryRun"] === true) {
    terminal.say(`${definition.document.document.name} would run in this process (dry run)`);
    return exit.ok;
  }
  terminal.say(
    terminal.colors.dim(
      `No server at ${address}: running in this process; the run is not kept (start \`stigmer server\` to keep runs)`,
    ),
  );
  const { localServer } = await import("./local-server.ts");
  const local = await localServer(org);
  try {
    return await start(local.connection, invocation, definition, input);
  } catch (error) {
    throw explain(error, "this process");
  } finally {
    await local.close();
  }
}

const isFolder = (reference: string): boolean => statSync(reference, { throwIfNoEntry: false })?.isDirectory() === true;

function looksLikeFile(reference: string): boolean {
  return reference === "-" || /\.(ya?ml|json)$/iu.test(reference) || (reference.includes("/") && existsSync(reference));
}

/** A definition that is to run, and where it came from. */
interface Loaded {
  readonly file: string;
  readonly document: WorkflowDocument;
  readonly text: string;
}

async function loadFile(invocation: Invocation, file: string): Promise<Loaded | undefined> {
  const text = await readSource(file);
  const { document, diagnostics } = loadWorkflow(text, { file: file === "-" ? "standard input" : file });
  showDiagnostics(
    invocation.terminal,
    document === undefined ? diagnostics : diagnostics.filter(({ severity }) => severity === "error"),
  );
  return document === undefined ? undefined : { file, document, text };
}

/** Refuses an input before it is sent when the workflow's inline input schema refuses it. */
function checkInput(document: WorkflowDocument, input: Json): void {
  const schema = (document.input as { schema?: { document?: Json } } | undefined)?.schema?.document;
  if (schema === undefined) return;
  const errors = compileSchema(schema)(input);
  if (errors.length === 0) return;
  const lines = errors.map(({ pointer, message }) => `  ${pointer === "" ? "the input" : pointer} ${message}`);
  throw new CliError(
    exit.invalid,
    `Cannot run "${document.document.name}": its input schema refuses the input\n${lines.join("\n")}`,
    "give the input with --input @file.yaml or --set path=value",
  );
}

async function start(
  server: Connection,
  invocation: Invocation,
  loaded: Loaded | undefined,
  input: Json,
): Promise<number> {
  const { options, terminal, signal } = invocation;
  const reference = invocation.arguments[0] as string;
  const dryRun = options["dryRun"] === true;
  let name = reference;
  if (loaded !== undefined) {
    const applied = await applyResource(
      server,
      { kind: "workflow", name: loaded.document.document.name, definition: loaded.text, file: loaded.file },
      dryRun,
    );
    ({ name } = applied);
    if (dryRun && applied.before === undefined) {
      terminal.say(`workflow/${name} would be created and run (dry run)`);
      return exit.ok;
    }
    if (applied.outcome !== "unchanged" && !dryRun)
      terminal.say(terminal.colors.dim(`workflow/${name} ${applied.outcome} (${applied.revision})`));
  }
  const workflow = await resourceNamed(kindNamed("workflow"), server, name);
  if (loaded === undefined) checkApplied(workflow, input);
  const instanceName = textOption(options, "instance");
  const instance =
    instanceName === undefined ? undefined : await resourceNamed(kindNamed("instance"), server, instanceName);
  const execution = await server.client.workflowExecution.command.create(
    create(WorkflowExecutionSchema, {
      apiVersion: "agentic.stigmer.ai/v1",
      kind: "WorkflowExecution",
      metadata: {
        name: `${name}-${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`,
        org: server.org,
        ownerScope: ApiResourceOwnerScope.organization,
      },
      spec: {
        workflowId: workflow.metadata?.id ?? "",
        workflowInstanceId: instance?.metadata?.id ?? "",
        input: protoValue(input),
        idempotencyKey: textOption(options, "key") ?? "",
        runtimeEnv: Object.fromEntries([
          ...(await values(listOption(options, "env"), false)),
          ...(await values(listOption(options, "secret"), true)),
        ]),
      },
    }),
    { headers: dryRunHeaders(options) },
  );
  if (dryRun) {
    terminal.say(`workflow/${name} would run (dry run)`);
    return exit.ok;
  }
  const id = execution.metadata?.id ?? "";
  if (options["wait"] === false) {
    terminal.out(`${id}\n`);
    return exit.ok;
  }
  return follow(server, id, {
    terminal,
    signal,
    title: name,
    ...optional("timeoutText", textOption(options, "timeout")),
  });
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: string };
}

function checkApplied(workflow: unknown, input: Json): void {
  const { spec } = workflow as { spec?: { definition?: string } };
  if (spec?.definition === undefined || spec.definition === "") return;
  const { document } = loadWorkflow(spec.definition);
  if (document !== undefined) checkInput(document, input);
}

async function values(
  pairs: readonly string[],
  isSecret: boolean,
): Promise<readonly (readonly [string, { value: string; isSecret: boolean }])[]> {
  return Promise.all(
    pairs.map(async (pair) => {
      const at = pair.indexOf("=");
      if (at <= 0)
        throw new CliError(
          exit.usage,
          `Cannot use "${isSecret ? "--secret" : "--env"} ${isSecret ? pair.slice(0, Math.max(at, 0)) : pair}": it should be name=value`,
        );
      const value = pair.slice(at + 1);
      return [
        pair.slice(0, at),
        { value: isSecret && value.startsWith("@") ? (await readSource(value.slice(1))).trimEnd() : value, isSecret },
      ] as const;
    }),
  );
}
