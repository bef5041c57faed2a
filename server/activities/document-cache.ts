import { createHash } from "node:crypto";

/** Documents kept; the oldest goes first. */
const DOCUMENTS_MAX = 200;

/**
 * Parsed documents by the digest of their text: parsing is paid once for each content, and a document that changed is never mistaken for its former self. Entries not used for `ttlMs` go.
 */
export class DocumentCache<Document> {
  readonly #entries = new Map<string, { readonly document: Document; usedAt: number }>();
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor(ttlMs: number, now: () => number) {
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  /** The document of a text, parsed by `parse` unless it is known. */
  get(text: string, parse: (text: string) => Document): Document {
    const key = createHash("sha256").update(text).digest("base64");
    const now = this.#now();
    const known = this.#entries.get(key);
    const document = known !== undefined && now - known.usedAt < this.#ttlMs ? known.document : parse(text);
    this.#entries.delete(key);
    this.#entries.set(key, { document, usedAt: now });
    for (const [oldest, { usedAt }] of this.#entries) {
      if (this.#entries.size <= DOCUMENTS_MAX && now - usedAt < this.#ttlMs) break;
      this.#entries.delete(oldest);
    }
    return document;
  }
}
