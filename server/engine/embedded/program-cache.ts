import type { DefinitionSource, Interpreter, RunProgram } from "./ports.ts";
import type { WorkflowIdentity } from "@stigmer/core/protocol/event.ts";

/** A compiled definition with the identity its runs are pinned to. */
export interface CachedProgram {
  readonly program: RunProgram;
  readonly identity: WorkflowIdentity;
}

/** A run needs a definition that is not there, or not as it was. */
export class DefinitionMissing extends Error {
  override readonly name = "DefinitionMissing";
}

const PROGRAMS_MAX = 1_000;

/** Programs by digest, compiled once and shared; the least recently loaded leave first. */
export class ProgramCache {
  readonly #programs = new Map<string, CachedProgram>();
  readonly #loading = new Map<string, Promise<CachedProgram>>();
  readonly #definitions: DefinitionSource;
  readonly #interpreter: Interpreter;

  constructor(definitions: DefinitionSource, interpreter: Interpreter) {
    this.#definitions = definitions;
    this.#interpreter = interpreter;
  }

  /** The program when it is at hand: the hot path without a promise. */
  peek(digest: string): CachedProgram | undefined {
    return this.#programs.get(digest);
  }

  /** The program; rejects with DefinitionMissing. */
  async load(digest: string): Promise<CachedProgram> {
    const known = this.#programs.get(digest);
    if (known !== undefined) return known;
    let loading = this.#loading.get(digest);
    if (loading === undefined) {
      loading = this.#compile(digest).finally(() => this.#loading.delete(digest));
      this.#loading.set(digest, loading);
    }
    return loading;
  }

  async #compile(digest: string): Promise<CachedProgram> {
    const document = await this.#definitions.load(digest);
    if (document === undefined)
      throw new DefinitionMissing(
        `Cannot load definition "${digest}": there is none whose text has this digest, runs need the version they started with`,
      );
    const { namespace, name, version } = document.document;
    const cached = {
      program: this.#interpreter.compile(document, digest),
      identity: { namespace, name, version, digest },
    };
    this.#programs.set(digest, cached);
    if (this.#programs.size > PROGRAMS_MAX) {
      for (const oldest of this.#programs.keys()) {
        this.#programs.delete(oldest);
        break;
      }
    }
    return cached;
  }
}
