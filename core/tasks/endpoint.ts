import type { Endpoint } from "../dsl/model.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import { getKey, isJsonObject } from "../lib/json.ts";
import { type UriTemplate, expandUriTemplate, isUriTemplateProblem, parseUriTemplate } from "../lib/uri-template.ts";
import { type AuthenticationSource, compileAuthentication, evaluateAuthentication } from "./authentication.ts";
import type { Evaluation, Evaluator } from "./evaluator.ts";
import type { Scope } from "./scope.ts";
import { taskFault } from "./task-fault.ts";

/** A URI of the document: an expression, or a URI template over the top-level properties of the input. */
export type UriSource =
  | { readonly constant: string }
  | { readonly evaluate: Evaluator }
  | { readonly template: UriTemplate; readonly names: readonly string[] };

/** An endpoint of the document, compiled. */
export interface EndpointSource {
  readonly uri: UriSource;
  readonly authentication?: AuthenticationSource;
}

/** Compiles an endpoint in either spelling; its authentication policy is resolved. */
export function compileEndpoint(endpoint: Endpoint, scope: Scope): EndpointSource {
  if (typeof endpoint === "string") return { uri: compileUri(endpoint, scope) };
  const uri = compileUri(endpoint.uri, scope.at("uri"));
  if (endpoint.authentication === undefined) return { uri };
  return { uri, authentication: compileAuthentication(endpoint.authentication, scope.at("authentication")) };
}

/** Compiles a URI. Where `${ }` and `{name}` stand in one text, the names become expressions too, so that nothing in evaluated data is ever taken for a template. */
export function compileUri(uri: string, scope: Scope): UriSource {
  if (uri.includes("${")) return { evaluate: scope.template(namesAsExpressions(uri)) };
  const names = [...uri.matchAll(/\{([^{}]*)\}/gu)].map((match) => match[1] as string);
  const template = parseUriTemplate(uri);
  if (isUriTemplateProblem(template)) throw scope.error(`Cannot use URI "${uri}": ${template.problem}`);
  // Without names it is the same text every time.
  return names.length === 0 ? { constant: expandUriTemplate(template, {}) } : { template, names };
}

/** The URI as text; a value that is none, or a template over values that are no scalars, is an expression fault (specification, section URI Template). */
export function evaluateUri(source: UriSource, run: Evaluation): string {
  if ("constant" in source) return source.constant;
  if ("evaluate" in source) {
    const uri = run.value(source.evaluate);
    if (typeof uri === "string" && uri !== "") return uri;
    throw taskFault("expression", "Invalid URI", `Cannot use ${JSON.stringify(uri)} as a URI: it should be a text`);
  }
  const variables: JsonObject = isJsonObject(run.input) ? run.input : {};
  for (const name of source.names) {
    const value = getKey(variables, name);
    if (typeof value === "object" && value !== null) {
      throw taskFault(
        "expression",
        "Invalid URI",
        `Cannot put "${name}" into the URI: it is no text, number or boolean`,
      );
    }
  }
  return expandUriTemplate(source.template, variables);
}

/** The endpoint as activities take it: `{ uri, authentication? }`. */
export function evaluateEndpoint(source: EndpointSource, run: Evaluation): JsonObject {
  const uri = evaluateUri(source.uri, run);
  if (source.authentication === undefined) return { uri };
  return { uri, authentication: evaluateAuthentication(source.authentication, run) };
}

const NAME_AS_EXPRESSION = (name: string): string =>
  `\${ .[${JSON.stringify(name)}] | if type == "object" or type == "array" then error("a URI takes texts, numbers and booleans only") elif . == null then "" else tostring | @uri end }`;

/** Rewrites `{name}` outside of `${ ... }` as an expression. */
function namesAsExpressions(uri: string): string {
  let result = "";
  let at = 0;
  while (at < uri.length) {
    if (uri.startsWith("${", at)) {
      const end = expressionEnd(uri, at + 2);
      result += uri.slice(at, end);
      at = end;
    } else {
      const name = /^\{([\w.~%-]+)\}/u.exec(uri.slice(at));
      result += name === null ? uri.charAt(at) : NAME_AS_EXPRESSION(name[1] as string);
      at += name === null ? 1 : name[0].length;
    }
  }
  return result;
}

/** The position after the brace that closes an expression; braces inside its strings do not count. */
function expressionEnd(text: string, from: number): number {
  let depth = 1;
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === "{") depth += 1;
    else if (!quoted && character === "}" && (depth -= 1) === 0) return at + 1;
  }
  return text.length;
}

/** An endpoint that stands inside a value of a `with`: its text for messages. */
export function uriOf(endpoint: Json | undefined): string {
  if (typeof endpoint === "string") return endpoint;
  return isJsonObject(endpoint) && typeof endpoint["uri"] === "string" ? endpoint["uri"] : "";
}
