import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { configurationFault, scalarText } from "../activity-arguments.ts";
import { FORM_TYPE, MULTIPART_TYPE, isJsonType, parseMediaType } from "../http/media-type.ts";
import { arrayAt, objectAt, resolve, textAt, type OpenApiDocument, type OpenApiOperation } from "./openapi-document.ts";
import { formPairs, headerText, pathText, styleOf } from "./parameter-style.ts";

/** An operation with its parameters in place. */
export interface OpenApiRequest {
  readonly path: string;
  readonly query: readonly string[];
  readonly headers: Record<string, string>;
  readonly body: Json | undefined;
}

/** Names under which the body can be given where the operation has no name for it. */
const BODY_NAMES = ["body", "requestBody"];

/**
 * Puts arguments where an operation wants them. Every argument must have a place: a parameter by name (or `in.name` where two share one), `body`, or, for an object body, its properties by name.
 * What is required must be there; what has no place is a configuration fault, never dropped.
 */
export function buildRequest(document: OpenApiDocument, found: OpenApiOperation, given: JsonObject): OpenApiRequest {
  const rest = new Map<string, Json>(Object.entries(given));
  const request = { path: found.path, query: [] as string[], headers: Object.create(null) as Record<string, string> };
  const cookies: string[] = [];
  const form: Record<string, Json> = {};
  const formText: string[] = [];
  let body: Json | undefined;
  for (const parameter of found.parameters) {
    const name = textAt(parameter, "name") ?? "";
    const place = textAt(parameter, "in") ?? "";
    const value = take(rest, name, place, found.parameters) ?? defaultOf(parameter);
    if (value === undefined || (value === null && place !== "body")) {
      if (getKey(parameter, "required") === true || place === "path") throw missing(place, name);
      continue;
    }
    const style = styleOf(parameter, document.dialect);
    if (place === "path") request.path = request.path.replaceAll(`{${name}}`, () => pathText(name, value, style));
    else if (place === "query") request.query.push(...formPairs(name, value, style));
    else if (place === "header") request.headers[name.toLowerCase()] = headerText(value, style);
    else if (place === "cookie") cookies.push(...formPairs(name, value, style));
    else if (place === "body") body = value;
    else if (place === "formData") {
      formText.push(...formPairs(name, value, style));
      setKey(form, name, textAt(parameter, "type") === "file" ? filePart(value, name) : value);
    }
  }
  if (cookies.length > 0) request.headers["cookie"] = cookies.join("; ");
  if (document.dialect === "2.0") body = swaggerBody(document, found, request.headers, body, form, formText);
  else body = requestBody(document, found, request.headers, rest);
  const [extra] = rest.keys();
  if (extra !== undefined) throw unknown(extra, found.parameters);
  return { ...request, body };
}

function take(
  rest: Map<string, Json>,
  name: string,
  place: string,
  parameters: readonly JsonObject[],
): Json | undefined {
  const qualified = `${place}.${name}`;
  const shared = parameters.filter((parameter) => textAt(parameter, "name") === name).length > 1;
  const key = rest.has(qualified) ? qualified : name;
  const value = rest.get(key);
  if (!shared || key === qualified) rest.delete(key);
  return value;
}

function defaultOf(parameter: JsonObject): Json | undefined {
  // Only what the service could not know by itself: a required parameter with a default or a single possible value.
  if (getKey(parameter, "required") !== true) return undefined;
  const schema = objectAt(parameter, "schema");
  const values = arrayAt(schema, "enum").length > 0 ? arrayAt(schema, "enum") : arrayAt(parameter, "enum");
  return getKey(parameter, "default") ?? getKey(schema, "default") ?? (values.length === 1 ? values[0] : undefined);
}

function swaggerBody(
  document: OpenApiDocument,
  found: OpenApiOperation,
  headers: Record<string, string>,
  body: Json | undefined,
  form: JsonObject,
  formText: readonly string[],
): Json | undefined {
  const declared = arrayAt(found.operation, "consumes");
  const consumes = (declared.length > 0 ? declared : arrayAt(document.root, "consumes")).filter(
    (type) => typeof type === "string",
  );
  if (Object.keys(form).length > 0) {
    const files = found.parameters.some((parameter) => textAt(parameter, "type") === "file");
    const multipart = files || (consumes.includes(MULTIPART_TYPE) && !consumes.includes(FORM_TYPE));
    headers["content-type"] ??= multipart ? MULTIPART_TYPE : FORM_TYPE;
    return multipart ? form : formText.join("&");
  }
  if (body !== undefined) headers["content-type"] ??= preferredType(consumes) ?? "application/json";
  return body;
}

function requestBody(
  document: OpenApiDocument,
  found: OpenApiOperation,
  headers: Record<string, string>,
  rest: Map<string, Json>,
): Json | undefined {
  const definition = getKey(found.operation, "requestBody");
  if (definition === undefined) return undefined;
  const declared = resolve(document, definition);
  const content = objectAt(declared, "content");
  const type = headers["content-type"] ?? preferredType(Object.keys(content)) ?? "application/json";
  const media = resolve(document, getKey(content, type));
  const schema = resolve(document, getKey(media, "schema"));
  const name = BODY_NAMES.find((candidate) => rest.has(candidate) && !hasProperty(document, schema, candidate));
  let body = name === undefined ? undefined : rest.get(name);
  if (name !== undefined) rest.delete(name);
  else if (rest.size > 0 && acceptsObject(document, schema)) {
    const properties: Record<string, Json> = {};
    for (const [key, value] of rest) setKey(properties, key, value);
    rest.clear();
    body = properties;
  }
  if (body === undefined) {
    if (getKey(declared, "required") === true) throw missing("body", "body");
    return undefined;
  }
  headers["content-type"] = type;
  if (type === FORM_TYPE && isJsonObject(body)) return encodedForm(body, objectAt(media, "encoding"));
  if (type === MULTIPART_TYPE && isJsonObject(body))
    return multipartForm(document, body, schema, objectAt(media, "encoding"));
  return body;
}

function hasProperty(document: OpenApiDocument, schema: JsonObject, name: string): boolean {
  if (Object.hasOwn(objectAt(schema, "properties"), name)) return true;
  return arrayAt(schema, "allOf").some((part) => hasProperty(document, resolve(document, part), name));
}

function acceptsObject(document: OpenApiDocument, schema: JsonObject): boolean {
  const type = getKey(schema, "type");
  if (type === "object" || (isJsonArray(type) && type.includes("object")) || Object.hasOwn(schema, "properties"))
    return true;
  const alternatives = [...arrayAt(schema, "allOf"), ...arrayAt(schema, "oneOf"), ...arrayAt(schema, "anyOf")];
  return (
    type === undefined &&
    (alternatives.length === 0 || alternatives.some((part) => acceptsObject(document, resolve(document, part))))
  );
}

function encodedForm(body: JsonObject, encoding: JsonObject): string {
  return Object.entries(body)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => {
      const hints = objectAt(encoding, name);
      const json =
        textAt(hints, "contentType") !== undefined && isJsonType(parseMediaType(textAt(hints, "contentType")));
      const style = json ? { content: { "application/json": {} } } : { in: "query", ...hints };
      return formPairs(name, value, styleOf(style, "3.0"));
    })
    .join("&");
}

function multipartForm(
  document: OpenApiDocument,
  body: JsonObject,
  schema: JsonObject,
  encoding: JsonObject,
): JsonObject {
  const parts: Record<string, Json> = {};
  for (const [name, value] of Object.entries(body)) {
    const property = resolve(document, getKey(objectAt(schema, "properties"), name));
    const contentType = textAt(objectAt(encoding, name), "contentType") ?? textAt(property, "contentMediaType");
    const binary = textAt(property, "format") === "binary" || textAt(property, "contentMediaType") !== undefined;
    const typed =
      contentType === undefined || isJsonObject(value) ? value : { content: scalarText(value), contentType };
    setKey(parts, name, binary ? filePart(value, name, contentType) : typed);
  }
  return parts;
}

/** A file as the multi-part encoder takes it: given as text, it gets a file name; given as `{ content, filename, ... }` it is one already. */
function filePart(value: Json, name: string, contentType = "application/octet-stream"): Json {
  return isJsonObject(value) ? value : { content: scalarText(value), filename: name, contentType };
}

function preferredType(types: readonly Json[]): string | undefined {
  const texts = types.filter((type) => typeof type === "string");
  return texts.find((type) => isJsonType(parseMediaType(type))) ?? texts.find((type) => !type.includes("*"));
}

function missing(place: string, name: string): Error {
  return configurationFault(
    "Missing parameter",
    `Cannot call the operation: its ${place} parameter "${name}" is required and missing`,
  );
}

function unknown(name: string, parameters: readonly JsonObject[]): Error {
  const known = parameters.map((parameter) => textAt(parameter, "name")).join(", ");
  return configurationFault(
    "Unknown parameter",
    `Cannot call the operation: it has no parameter "${name}", it has ${known === "" ? "none" : known}`,
  );
}
