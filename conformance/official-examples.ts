import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { compileProgram } from "@stigmer/core/interpreter/interpreter.ts";

const root = join(import.meta.dirname, "..", "..", "shared", "ows");

/** A document of the specification and the text it is. */
export interface OfficialDocument {
  readonly name: string;
  readonly text: string;
}

/** Documents of a folder of the specification's material; none where it is not here. */
export function officialDocuments(folder: "examples" | "invalid"): readonly OfficialDocument[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(path, name), "utf8") }));
}

/** Why a document cannot be applied: its errors, or what compiling it throws. None when it can. */
export function problemsOf({ name, text }: OfficialDocument): readonly string[] {
  const { document, diagnostics } = loadWorkflow(text, { file: name });
  if (document === undefined)
    return diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code} ${message}`);
  try {
    compileProgram(document);
    return [];
  } catch (error) {
    return [String(error)];
  }
}
