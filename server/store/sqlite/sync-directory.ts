import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes the names in a directory durable: a file that was made or renamed is else there only until the power fails. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
