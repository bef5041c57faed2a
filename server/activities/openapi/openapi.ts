import { getKey } from "@stigmer/core/lib/json.ts";
import type { Activity } from "../activity.ts";
import { booleanOr, httpUrl, optionalObject, requireObject, requireString, wordOr } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { CallContext } from "../call-context.ts";
import { DocumentCache } from "../document-cache.ts";
import { sendHttpCall } from "../http/http.ts";
import { findOperation, parseOpenApi, type OpenApiDocument } from "./openapi-document.ts";
import { buildRequest } from "./openapi-request.ts";
import { serverUrl } from "./openapi-server.ts";
import { fitCredentials } from "./security-scheme.ts";

/** The `openapi` call of the specification, for Swagger 2.0 and OpenAPI 3.0 and 3.1: an HTTP call made from a document's operation. */
export function openapiActivity(services: ActivityServices): Activity {
  const documents = new DocumentCache<OpenApiDocument>(services.options.resources.documentTtlMs, () =>
    services.options.now(),
  );
  return {
    kind: "openapi",
    async run(input, context: CallContext) {
      const resource = await services.resources.read(requireObject(input, "document"), context);
      const document = documents.get(resource.content, (content) => parseOpenApi(content, resource.mediaType));
      const found = findOperation(document, requireString(input, "operationId"));
      const request = buildRequest(document, found, optionalObject(input, "parameters"));
      const url = httpUrl(serverUrl(document, found, resource.uri) + request.path, "document");
      if (request.query.length > 0)
        url.search = [url.search.replace(/^\?/u, ""), ...request.query].filter((part) => part !== "").join("&");
      return sendHttpCall(
        {
          method: found.method,
          url,
          headers: request.headers,
          body: request.body,
          output: wordOr(input, "output", ["raw", "content", "response"], "content"),
          redirect: booleanOr(input, "redirect", false),
          credentials: fitCredentials(document, found, services.credentials(getKey(input, "authentication"), context)),
        },
        services,
        context,
      );
    },
  };
}
