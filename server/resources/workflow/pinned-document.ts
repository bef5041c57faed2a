import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { DefinitionRow } from "../../store/ports.ts";
import { digestOf } from "./read-definition.ts";

/** The document of a definition; undefined where its text is not what its digest says: a run on a damaged definition would do something that nobody wrote. */
export function pinnedDocument(row: DefinitionRow | undefined): WorkflowDocument | undefined {
  if (row === undefined || digestOf(row.document) !== row.digest) return undefined;
  return JSON.parse(row.document) as WorkflowDocument;
}
