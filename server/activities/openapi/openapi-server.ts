import { type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import {
  arrayAt,
  objectAt,
  textAt,
  unusable,
  type OpenApiDocument,
  type OpenApiOperation,
} from "./openapi-document.ts";

/**
 * The address an operation is called at: the first server of the operation, its path or the document with the defaults of its variables (OpenAPI 3), or scheme, host and base path (Swagger
 * 2.0). What is relative refers to where the document came from.
 */
export function serverUrl(
  document: OpenApiDocument,
  { operation, pathItem }: OpenApiOperation,
  documentUri: string,
): string {
  const text =
    document.dialect === "2.0"
      ? swaggerServer(document.root, operation, documentUri)
      : openApiServer(document.root, operation, pathItem);
  if (/^https?:\/\//iu.test(text)) return text.replace(/\/+$/u, "");
  if (!/^https?:/iu.test(documentUri))
    throw unusable(`its server "${text}" is relative, but the document has no address of its own`);
  return new URL(text, documentUri).href.replace(/\/+$/u, "");
}

function openApiServer(root: JsonObject, operation: JsonObject, pathItem: JsonObject): string {
  const server = [operation, pathItem, root].map((source) => arrayAt(source, "servers")[0]).find(isJsonObject);
  if (server === undefined) return "/";
  const variables = objectAt(server, "variables");
  return (textAt(server, "url") ?? "/").replaceAll(/\{([^{}]*)\}/gu, (_match, name: string) => {
    const value = textAt(objectAt(variables, name), "default");
    if (value === undefined) throw unusable(`its server variable "${name}" has no default`);
    return value;
  });
}

function swaggerServer(root: JsonObject, operation: JsonObject, documentUri: string): string {
  const base = textAt(root, "basePath") ?? "/";
  const host = textAt(root, "host");
  const schemes = [operation, root].map((source) => getKey(source, "schemes")).find(isJsonArray) ?? [];
  const documentScheme = /^https?/iu.exec(documentUri)?.[0].toLowerCase();
  // Prefers the scheme the document itself was fetched by, then the safer one.
  const scheme =
    [documentScheme, "https", "http"].find((candidate) => candidate !== undefined && schemes.includes(candidate)) ??
    documentScheme ??
    "https";
  if (host !== undefined) return `${scheme}://${host}${base}`;
  return base;
}
