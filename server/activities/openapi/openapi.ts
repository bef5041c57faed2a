import { getKey } from "@stigmer/core/lib/json.ts";
import type { Activity } from "../activity.ts";
import { booleanOr, httpUrl, optionalObject, requireObject, requireString, wordOr } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { CallContext } from "../call-context.ts";
import { DocumentCache } from "../document-cache.ts";
import { sendHttpCall } from "../http/http.ts";
import { withDocuments } from "../resource/linked-document.ts";
import { RelatedResources } from "../resource/related-resources.ts";
import { findOperation, linkOpenApi, parseOpenApi, type OpenApiText } from "./openapi-document.ts";
import { buildRequest } from "./openapi-request.ts";
import { serverUrl } from "./openapi-server.ts";
import { fitCredentials } from "./security-scheme.ts";

/** The `openapi` call of the specification, for Swagger 2.0 and OpenAPI 3.0 and 3.1: an HTTP call made from a document's operation. */
export function openapiActivity(services: ActivityServices): Activity {
  const documents = new DocumentCache<OpenApiText>(services.options.resources.documentTtlMs, () =>
    services.options.now(),
  );
  return {
    kind: "openapi",
    async run(input, context: CallContext) {
      const source = requireObject(input, "document");
      const resource = await services.resources.read(source, context);
      const text = documents.get(resource.content, (content) => parseOpenApi(content, resource.mediaType));
      const document = linkOpenApi(text, resource.uri);
      const policy = services.credentials(getKey(input, "authentication"), context);
      const { found, request, credentials } = await withDocuments(
        document.links,
        new RelatedResources(services.resources, source, context),
        () => {
          const operation = findOperation(document, requireString(input, "operationId"));
          return {
            found: operation,
            request: buildRequest(document, operation, optionalObject(input, "parameters")),
            credentials: fitCredentials(document, operation, policy),
          };
        },
      );
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
          credentials,
        },
        services,
        context,
      );
    },
  };
}
