import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Store } from "../store/ports.ts";

const DEFINITIONS_MAX = 500;

/** Definitions by digest, parsed once and kept while they are in use: they never change. Gives the engine its definitions too. */
export class DefinitionCache {
  readonly #store: Store;
  readonly #documents = new Map<string, WorkflowDocument>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The definition with a digest; undefined when no workflow has it. */
  async load(digest: string): Promise<WorkflowDocument | undefined> {
    const known = this.#documents.get(digest);
    if (known !== undefined) {
      this.#documents.delete(digest);
      this.#documents.set(digest, known);
      return known;
    }
    const row = await this.#store.definitions.byDigest(digest);
    if (row === undefined) return undefined;
    const document = JSON.parse(row.document) as WorkflowDocument;
    this.#documents.set(digest, document);
    const [oldest] = this.#documents.keys();
    if (this.#documents.size > DEFINITIONS_MAX && oldest !== undefined) this.#documents.delete(oldest);
    return document;
  }
}
