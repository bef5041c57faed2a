import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { placeNewFile, removeAbandonedDrafts } from "../store/sqlite/place-new-file.ts";
import { syncDirectory } from "../store/sqlite/sync-directory.ts";
import type { KeyRing } from "./secret-box.ts";

const KEY_BYTES = 32;

/** A key file that cannot be used; the text names the file and the remedy. */
export class KeyFileFault extends Error {
  override readonly name = "KeyFileFault";
}

/**
 * Reads the keys that secrets are sealed with: one a line, 64 hexadecimal digits, the current one first, former ones after it. A file that is not there is made, readable by its owner
 * only; one that others may read is refused.
 */
export function readKeyFile(path: string): KeyRing {
  createIfAbsent(path);
  const mode = statSync(path).mode & 0o077;
  if (mode !== 0 && process.platform !== "win32") {
    throw new KeyFileFault(`Cannot use key file "${path}": others may read it, should be mode 600 (chmod 600 ${path})`);
  }
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim());
  const keys = lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line, index) => parseKey(path, line, index));
  const [current, ...former] = keys;
  if (current === undefined)
    throw new KeyFileFault(
      `Cannot use key file "${path}": it is empty, should have a key of 64 hexadecimal digits; put the file back, or delete it if no secret was stored yet`,
    );
  return { current, former };
}

/** Puts a new key in front of the file's keys; values sealed before are opened with the former ones until they are re-wrapped. */
export function rotateKeyFile(path: string): KeyRing {
  const { current, former = [] } = readKeyFile(path);
  const ring = { current: new Uint8Array(randomBytes(KEY_BYTES)), former: [current, ...former] };
  replace(path, [ring.current, ...ring.former]);
  return ring;
}

/** Takes all but the current key out of the file: what is still sealed with a former one, also in backups, can be opened no more. */
export function forgetFormerKeys(path: string): void {
  replace(path, [readKeyFile(path).current]);
}

/** The new file is on the disk under its name before anything is sealed with its keys; a crash leaves the former file or the new one. */
function replace(path: string, keys: readonly Uint8Array[]): void {
  const next = `${path}.next`;
  rmSync(next, { force: true });
  write(next, keys);
  renameSync(next, path);
  syncDirectory(dirname(path));
}

function createIfAbsent(path: string): void {
  try {
    removeAbandonedDrafts(path);
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
    placeNewFile(path, (draft) => write(draft, [randomBytes(KEY_BYTES)]));
  } catch (error) {
    throw new KeyFileFault(`Cannot make key file "${path}": ${(error as Error).message}`);
  }
}

/** The file is complete and on the disk before anything is sealed with it. */
function write(path: string, keys: readonly Uint8Array[]): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, `${keys.map((key) => Buffer.from(key).toString("hex")).join("\n")}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(path, 0o600);
}

function parseKey(path: string, line: string, index: number): Uint8Array {
  if (/^[0-9a-fA-F]{64}$/u.test(line)) return new Uint8Array(Buffer.from(line, "hex"));
  throw new KeyFileFault(`Cannot use key file "${path}": key ${index + 1} should be 64 hexadecimal digits`);
}
