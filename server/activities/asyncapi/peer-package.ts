import { createRequire } from "node:module";
import { configurationFault } from "../activity-arguments.ts";

const require = createRequire(import.meta.url);

/** Loads a client library, which is an optional peer: a server that never speaks the protocol does not need it. A missing one is a configuration fault that names it. */
export async function loadPeer<Module>(name: string, protocol: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
    throw configurationFault(
      "Client not installed",
      `Cannot speak ${protocol}: package "${name}" is not installed, install it beside the server (npm install ${name})`,
    );
  }
}

/** Tells whether a package is installed, without loading it. */
export function isPeerInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch (error) {
    // Installed, but for `import` only.
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}
