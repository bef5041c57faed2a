import { fromBinary } from "@bufbuild/protobuf";
import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import type { WorkflowInstance } from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import type { ExecutionValue } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/spec_pb.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { isJsonObject, type Json, type JsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { invalidArgument, invalidField } from "../../pipeline/refusal.ts";
import type { StepScope } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import { layEnvironment, layVariables, type OpenVariables } from "../environment-values.ts";
import { loadReferencedEnvironment } from "../environment-references.ts";
import type { ResourcePorts } from "../ports.ts";
import { REDACTED } from "../sealed-values.ts";

/** The variables of a run as the engine takes them: plain ones in the clear, secrets beside them. */
export interface RunVariables {
  readonly env: JsonObject;
  readonly secrets: JsonObject;
}

/** Where variables come from. */
export interface VariableSources {
  readonly workflow: Workflow;
  readonly instance: WorkflowInstance;
  readonly document: WorkflowDocument;
  readonly runtimeEnv: { readonly [name: string]: ExecutionValue };
}

/**
 * Lays the variables of a run over each other: defaults of the workflow's `env_spec`, then the instance's environments in their order, then the run's own. A variable that is declared
 * without a default, or a secret that the definition declares, must have got a value: those without are named. A secret the definition declares is secret, whatever its layer says.
 */
export async function mergeVariables(
  ports: Pick<ResourcePorts, "clients" | "secrets">,
  { workflow, instance, document, runtimeEnv }: VariableSources,
  scope: Pick<StepScope, "call" | "unit">,
): Promise<RunVariables> {
  const merged: OpenVariables = new Map();
  const declared = workflow.spec?.envSpec?.data ?? {};
  await layDefaults(merged, workflow, scope, ports);
  for (const [index, reference] of (instance.spec?.envRefs ?? []).entries()) {
    const field = `WorkflowInstance.spec.env_refs[${index}]`;
    const environment = await loadReferencedEnvironment(ports, reference, metadataOf(instance).org, field, scope);
    await layEnvironment(merged, environment, scope.unit, ports.secrets);
  }
  for (const [name, { value, isSecret }] of Object.entries(runtimeEnv)) {
    if (isSecret && value === REDACTED)
      throw invalidField(
        `spec.runtime_env["${name}"].value`,
        `is the placeholder ${REDACTED}, should be the secret itself`,
      );
    merged.set(name, {
      value,
      isSecret: isSecret || (Object.hasOwn(declared, name) && declared[name]?.isSecret === true),
    });
  }
  const secretNames = new Set(document.use?.secrets);
  requireAll([...Object.keys(declared), ...secretNames], merged, metadataOf(workflow).name);
  return split(merged, secretNames);
}

/** Defaults with a value; a declaration without one only says that the variable is needed. */
async function layDefaults(
  merged: OpenVariables,
  workflow: Workflow,
  { unit }: Pick<StepScope, "unit">,
  ports: Pick<ResourcePorts, "secrets">,
): Promise<void> {
  const { id } = metadataOf(workflow);
  const data = workflow.spec?.envSpec?.data ?? {};
  if (Object.keys(data).length === 0) return;
  const row = await unit.get("workflow", id);
  const sealed = row === undefined ? data : (fromBinary(WorkflowSchema, row.data).spec?.envSpec?.data ?? {});
  layVariables(
    merged,
    Object.fromEntries(Object.entries(sealed).filter(([, { value }]) => value !== "")),
    id,
    ports.secrets,
  );
}

function requireAll(names: readonly string[], merged: OpenVariables, workflow: string): void {
  const missing = [...new Set(names)].filter((name) => !merged.has(name));
  if (missing.length === 0) return;
  const named = missing.map((name) => `"${name}"`).join(", ");
  const what =
    missing.length === 1 ? `required variable ${named} has no value` : `required variables ${named} have no value`;
  const message = `Cannot start workflow "${workflow}": ${what}, give it in spec.runtime_env, in an environment of the instance or as a default of the workflow`;
  throw invalidArgument(
    "REQUEST_INVALID",
    message,
    ...missing.map((name) => ({ field: `spec.runtime_env["${name}"]`, description: "is required and has no value" })),
  );
}

function split(merged: OpenVariables, secretNames: ReadonlySet<string>): RunVariables {
  const env: Record<string, Json> = {};
  const secrets: Record<string, Json> = {};
  for (const [name, { value, isSecret }] of merged) {
    if (isSecret || secretNames.has(name)) setKey(secrets, name, secretValue(value));
    else setKey(env, name, value);
  }
  return { env, secrets };
}

/** A secret whose text is a JSON object is that object, so that `use: <secret>` can give an authentication its properties. */
function secretValue(text: string): Json {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : text;
  } catch {
    return text;
  }
}
