import { type Json, getKey } from "@stigmer/core/lib/json.ts";
import type { Activity } from "../activity.ts";
import { configurationFault, requireString } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { CallContext } from "../call-context.ts";
import { parseResource, readBelow, type ResourceText } from "./resource-reader.ts";

const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,126}[a-zA-Z0-9])?$/u;

/**
 * Fetches an external resource: `{ endpoint }`, or `{ catalog: "default", function: "<name>:<version>" }` from the operator's catalog directory. Gives the content as data where it is JSON or YAML, else as
 * text.
 */
export function resourceActivity(services: ActivityServices): Activity {
  return {
    kind: "resource",
    async run(input, context: CallContext): Promise<Json> {
      const resource =
        getKey(input, "catalog") === undefined
          ? await services.resources.read(input, context)
          : await catalogFunction(services, requireString(input, "catalog"), requireString(input, "function"));
      const data = /[/+](?:json|(?:x-)?yaml)$/u.test(resource.mediaType) ? parseResource(resource) : undefined;
      return data ?? resource.content;
    },
  };
}

async function catalogFunction(services: ActivityServices, catalog: string, reference: string): Promise<ResourceText> {
  const root = services.options.resources.catalogRoot;
  if (catalog !== "default") {
    throw configurationFault(
      "Unknown catalog",
      `Cannot read function "${reference}" of catalog "${catalog}": it has no endpoint, only "default" is known without one`,
    );
  }
  if (root === undefined) {
    throw configurationFault(
      "No default catalog",
      `Cannot read function "${reference}@default": this server names no directory for the default catalog`,
    );
  }
  const [name = "", version = "", ...more] = reference.split(":");
  if (!NAME.test(name) || !NAME.test(version) || more.length > 0) {
    throw configurationFault(
      "Invalid function reference",
      `Cannot read function "${reference}": it should be <name>:<version>`,
    );
  }
  const file = `functions/${name}/${version}/function.yaml`;
  return { uri: `catalog:default/${file}`, ...(await readBelow(root, file)) };
}
