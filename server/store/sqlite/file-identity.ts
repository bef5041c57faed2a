import { statSync } from "node:fs";

/** Which file a path names now, by device and inode; undefined when there is none. SQLite goes on writing to a file that was deleted or replaced, so we look. */
export function fileIdentity(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

/** Watches that the files of an open database stay the ones that were opened. */
export class FileWatch {
  readonly #identities: readonly (readonly [path: string, identity: string | undefined])[];

  constructor(paths: readonly string[]) {
    this.#identities = paths.map((path) => [path, fileIdentity(path)]);
  }

  /** Throws when one of the files was deleted or replaced: what is written now would be lost. */
  check(): void {
    for (const [path, identity] of this.#identities) {
      const present = fileIdentity(path);
      if (present === identity) continue;
      throw new Error(`the file "${path}" was ${present === undefined ? "deleted" : "replaced"} while it was in use`);
    }
  }
}
