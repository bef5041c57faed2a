import type { ResourceKind, ResourceMessage } from "../pipeline/resource-kind.ts";
import { type Step, step } from "../pipeline/step.ts";
import { type ListRequest, pageOfResources, type ResourcePage } from "./page-of-resources.ts";

/** Loads the page a list asks for; `parentOf` says which parent narrows it, empty for any. Adds it as `page`. */
export function loadPage<R extends ResourceMessage, Request extends ListRequest = ListRequest>(
  kind: ResourceKind<R>,
  parentOf: (request: Request) => string = () => "",
): Step<{ readonly valid: Request }, { readonly page: ResourcePage<R> }> {
  return step("LoadPage", ["INVALID_ARGUMENT"], async ({ valid }, { environment }) => {
    const parent = parentOf(valid);
    return { page: await pageOfResources(environment, kind, valid, parent === "" ? undefined : parent) };
  });
}
