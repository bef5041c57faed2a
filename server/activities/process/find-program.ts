import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";

/** The absolute path of a program on the PATH of this server, undefined where there is none. */
export function findProgram(name: string, searchPath: string = process.env["PATH"] ?? ""): string | undefined {
  for (const directory of searchPath.split(path.delimiter)) {
    if (directory === "") continue;
    const file = path.join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not here: the next directory.
    }
  }
  return undefined;
}
