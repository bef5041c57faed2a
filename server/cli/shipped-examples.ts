import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";
import { parseText } from "@stigmer/core/dsl/parse/parse-text.ts";
import { getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import { CliError, exit } from "./exit.ts";

/** A workflow that ships with the product, its tests beside it. */
export interface Example {
  readonly name: string;
  /** `document.title` of its workflow. */
  readonly title: string;
  readonly files: { readonly [file: string]: string };
}

const SHOWN = /\.(ya?ml|json|md)$/u;

/** Where the examples are: beside the bundle, or in the repository. */
function examplesFolder(): string {
  const bundled = path.join(import.meta.dirname, "examples");
  return existsSync(bundled) ? bundled : path.resolve(import.meta.dirname, "../../examples");
}

/** Every example in order of name: each folder below `examples` that holds a workflow.yaml. */
export async function shippedExamples(): Promise<readonly Example[]> {
  const root = examplesFolder();
  const entries = await readdir(root, { recursive: true });
  const folders = entries
    .filter((entry) => path.basename(entry) === "workflow.yaml")
    .map((entry) => path.dirname(entry));
  const examples = await Promise.all(folders.map((folder) => example(root, folder)));
  return examples.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

async function example(root: string, folder: string): Promise<Example> {
  const names = (await readdir(path.join(root, folder))).filter((name) => SHOWN.test(name)).toSorted();
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(root, folder, name), "utf8")] as const),
  );
  const { value } = parseText(files.find(([name]) => name === "workflow.yaml")?.[1] ?? "");
  const document = isJsonObject(value) ? getKey(value, "document") : undefined;
  const title = isJsonObject(document) ? (getKey(document, "title") ?? getKey(document, "summary")) : undefined;
  return {
    name: path.basename(folder),
    title: typeof title === "string" ? title : "",
    files: Object.fromEntries(files),
  };
}

/** An example by its name; an unknown one suggests the nearest. */
export function exampleNamed(examples: readonly Example[], name: string): Example {
  const found = examples.find((one) => one.name === name);
  if (found !== undefined) return found;
  const near = didYouMean(
    name,
    examples.map((one) => one.name),
  );
  throw new CliError(
    exit.notFound,
    `Cannot find the example "${name}": \`stigmer examples\` lists what there is`,
    near === undefined ? undefined : `did you mean "${near}"?`,
  );
}
