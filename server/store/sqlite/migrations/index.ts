import { initial } from "./0001-initial.ts";
import { blobUses } from "./0002-blob-uses.ts";
import { runHeads } from "./0003-run-heads.ts";
import type { Migration } from "./migration.ts";

/** All migrations in order; the version of each is its place, from 1. */
export const migrations: readonly Migration[] = [initial, blobUses, runHeads];
