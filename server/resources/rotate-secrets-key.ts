import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import { forgetFormerKeys, rotateKeyFile } from "./key-file.ts";
import { rewrapSecrets } from "./rewrap-secrets.ts";
import { SecretBox } from "./secret-box.ts";

/** The files of a stopped server, and what becomes of its former keys. */
export interface KeyRotation {
  readonly database: string;
  readonly keyFile: string;
  readonly programVersion: string;
  readonly forgetFormer: boolean;
}

/**
 * Gives all secrets of a stopped server a new key. The key file gets it first and keeps the former keys until everything is sealed anew, so that every secret can be opened after a crash at
 * any moment; run again, it goes on with yet another key. Rejects with StoreOpenError when the database is in use or is not there, KeyFileFault when the key file cannot be used.
 */
export async function rotateSecretsKey(
  rotation: KeyRotation,
): Promise<{ readonly moved: number; readonly former: number }> {
  const { database, keyFile, programVersion, forgetFormer } = rotation;
  const store = await openSqliteStore({ path: database, programVersion, mustExist: true });
  try {
    const ring = rotateKeyFile(keyFile);
    const moved = await rewrapSecrets(store, new SecretBox(ring));
    if (forgetFormer) forgetFormerKeys(keyFile);
    return { moved, former: forgetFormer ? 0 : (ring.former?.length ?? 0) };
  } finally {
    await store.close();
  }
}
