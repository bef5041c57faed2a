import { statSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { ballastPath } from "./ballast.ts";
import type { Connection } from "./database.ts";
import { schemaVersion } from "./migrate.ts";

/** What `doctor` tells of a database file. Sizes in bytes. */
export interface StoreInspection {
  readonly path: string;
  readonly schemaVersion: number;
  readonly fileBytes: number;
  readonly logBytes: number;
  readonly ballastBytes: number;
  /** Space left on the disk for this user. */
  readonly diskFreeBytes: number;
  readonly pageBytes: number;
  readonly pages: number;
  /** Pages within the file that hold nothing and are used again. */
  readonly freePages: number;
}

/** Looks at a database from outside and inside, at no cost that grows with it. */
export function inspect(connection: Connection, path: string): StoreInspection {
  const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const disk = path === ":memory:" ? undefined : statfsSync(dirname(path));
  return {
    path,
    schemaVersion: schemaVersion(connection),
    fileBytes: size(path),
    logBytes: size(`${path}-wal`),
    ballastBytes: size(ballastPath(path)),
    diskFreeBytes: disk === undefined ? 0 : disk.bavail * disk.bsize,
    pageBytes: connection.number("pragma page_size"),
    pages: connection.number("pragma page_count"),
    freePages: connection.number("pragma freelist_count"),
  };
}
