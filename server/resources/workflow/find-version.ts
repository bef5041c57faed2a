import { ApiError } from "../../errors/api-error.ts";
import type { DefinitionRow, Store } from "../../store/ports.ts";

const PAGE = 100;

/** Which version is meant: by digest, by revision, or by `document.version`, of which the newest counts. */
export type VersionChoice = { readonly digest: string } | { readonly revision: number } | { readonly version: string };

/** Finds a version of a workflow. Throws NOT_FOUND when the workflow never had it. */
export async function findVersion(
  { definitions }: Store,
  workflowId: string,
  choice: VersionChoice,
): Promise<DefinitionRow> {
  const row =
    "revision" in choice
      ? await definitions.byRevision(workflowId, choice.revision)
      : await newest(definitions, workflowId, choice);
  if (row !== undefined) return row;
  const name =
    "revision" in choice ? `revision ${choice.revision}` : "digest" in choice ? choice.digest : choice.version;
  throw new ApiError("VERSION_NOT_FOUND", `Workflow version not found: ${name} of ${workflowId}`, {
    metadata: { workflow: workflowId, version: name },
  });
}

async function newest(
  definitions: Store["definitions"],
  workflowId: string,
  choice: { readonly digest: string } | { readonly version: string },
): Promise<DefinitionRow | undefined> {
  if ("digest" in choice) {
    const row = await definitions.byDigest(choice.digest);
    if (row === undefined || row.workflowId === workflowId) return row;
  }
  let cursor: string | undefined;
  do {
    const page = await definitions.list(workflowId, PAGE, cursor);
    const found = page.rows.find((row) =>
      "digest" in choice ? row.digest === choice.digest : row.version === choice.version,
    );
    if (found !== undefined) return found;
    cursor = page.next;
  } while (cursor !== undefined);
  return undefined;
}
