import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject, jsonEquals } from "@stigmer/core/lib/json.ts";
import type { MockAnswer, MockedCall } from "@stigmer/core/simulate/mock.ts";
import { type SimulationResult, simulate } from "@stigmer/core/simulate/simulate.ts";
import { doubleAnswer } from "./double.ts";
import { type Scenario, type Step, parseFeature } from "./feature-file.ts";

const folder = join(import.meta.dirname, "..", "..", "shared", "ows", "ctk", "features");

/** A scenario of the kit by feature and name; none where the kit is not here. */
export function kitScenarios(): readonly (Scenario & { readonly feature: string })[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) =>
      parseFeature(readFileSync(join(folder, file), "utf8")).map((scenario) => ({
        ...scenario,
        feature: file.replace(".feature", ""),
      })),
    );
}

/** Runs a scenario on the simulator, with the double's answers to its calls; gives what does not hold. */
export function runScenario({ steps }: Scenario): readonly string[] {
  let source = "";
  let input: Json = {};
  let result: SimulationResult | undefined;
  const wrong: string[] = [];
  for (const step of steps) {
    if (step.text === "a workflow with definition:") source = step.source ?? "";
    else if (step.text === "given the workflow input is:") input = step.document ?? null;
    else if (step.text === "the workflow is executed") result = execute(source, input);
    else if (result === undefined) wrong.push(`"${step.text}" comes before the workflow is executed`);
    else if (!holds(step, result))
      wrong.push(`${step.text} (saw ${JSON.stringify(result.output ?? result.fault)}, path ${result.path.join(" ")})`);
  }
  return wrong;
}

function execute(source: string, input: Json): SimulationResult {
  const { document, diagnostics } = loadWorkflow(source);
  if (document === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return simulate({ document, input, mocks: { "*": doubledCall } });
}

/** A call of the kit as the double answers it. */
function doubledCall(call: MockedCall): MockAnswer | undefined {
  if (call.type !== "startActivity") return undefined;
  return call.kind === "openapi" ? doubledOperation(call.arguments) : doubledRequest(call.arguments);
}

function doubledRequest(args: JsonObject): MockAnswer {
  const endpoint = args["endpoint"] as JsonObject;
  const { host, pathname, search } = new URL(String(endpoint["uri"]));
  const basic = isJsonObject(endpoint["authentication"])
    ? (endpoint["authentication"]["basic"] as JsonObject)
    : undefined;
  const authorization =
    basic === undefined
      ? ""
      : `Basic ${Buffer.from(`${String(basic["username"])}:${String(basic["password"])}`).toString("base64")}`;
  const method = String(args["method"]);
  const { status, body } = doubleAnswer({ method, host, path: pathname + search, headers: { authorization } });
  if (status >= 300)
    return { error: { type: "communication", status, title: "Request failed", detail: JSON.stringify(body) } };
  if (args["output"] !== "response") return { output: body };
  return {
    output: {
      request: { method, uri: String(endpoint["uri"]), headers: {} },
      headers: { "content-type": "application/json" },
      statusCode: status,
      content: body,
    },
  };
}

/** An operation of the double's own Swagger document, by its parameters. */
function doubledOperation(args: JsonObject): MockAnswer {
  const document = doubleAnswer({ method: "GET", host: "petstore.swagger.io", path: "/v2/swagger.json", headers: {} })
    .body as JsonObject;
  const parameters = (args["parameters"] ?? {}) as JsonObject;
  for (const [template, methods] of Object.entries(document["paths"] as JsonObject)) {
    const [method, operation] = Object.entries(methods as JsonObject)[0] as [string, JsonObject];
    if (operation["operationId"] !== args["operationId"]) continue;
    const path = template.replaceAll(/\{(\w+)\}/gu, (_match, name: string) => String(getKey(parameters, name)));
    const query = Object.entries(parameters).filter(([name]) => !template.includes(`{${name}}`));
    const uri = `https://petstore.swagger.io/v2${path}?${query.map(([name, value]) => `${name}=${String(value)}`).join("&")}`;
    return doubledRequest({ method, endpoint: { uri }, output: args["output"] ?? "content" });
  }
  return { error: { type: "configuration", status: 400, title: "No such operation" } };
}

/** Whether a step of outcome holds: the ten forms the kit has. */
function holds({ text, document }: Step, result: SimulationResult): boolean {
  const { status, output = null, fault, path } = result;
  const quoted = [...text.matchAll(/'([^']*)'/gu)].map((match) => match[1] as string);
  if (text === "the workflow should complete") return status === "completed";
  if (text === "the workflow should complete with output:")
    return status === "completed" && jsonEquals(output, document as Json);
  if (text === "the workflow should fault") return status === "faulted";
  if (text === "the workflow should fault with error:")
    return (
      fault !== undefined &&
      Object.entries(document as JsonObject).every(([key, value]) => jsonEquals(fault[key as "type"] ?? null, value))
    );
  if (text.startsWith("the workflow output should have properties"))
    return quoted.every((name) => valueAt(output, name) !== undefined);
  const items = /containing (\d+) items$/u.exec(text);
  if (items !== null) return lengthOf(valueAt(output, quoted[0] as string)) === Number(items[1]);
  if (text.endsWith("property with value:"))
    return jsonEquals(valueAt(output, quoted[0] as string) ?? null, document as Json);
  const order = /^(\S+) should run (first|last|after)(?: (\S+))?$/u.exec(text);
  if (order === null) return false;
  const [, task, when, before] = order as unknown as [string, string, string, string | undefined];
  if (when === "first") return path[0] === task;
  if (when === "last") return path.at(-1) === task;
  return before !== undefined && path.includes(task) && path.indexOf(task) > path.indexOf(before);
}

function valueAt(value: Json, path: string): Json | undefined {
  let current: Json | undefined = value;
  for (const key of path.split(".")) current = isJsonObject(current) ? getKey(current, key) : undefined;
  return current;
}

function lengthOf(value: Json | undefined): number {
  return isJsonArray(value) ? value.length : isJsonObject(value) ? Object.keys(value).length : -1;
}
