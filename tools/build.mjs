// Bundles the product: server/dist/bundle/stigmer.js and its lazily loaded chunks. One bundle, because loading hundreds of files costs more than all of a command's own work.
import { cpSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");

/** Folders, and the files of workflows; not the tests of the repository, nor what they start. */
function isShipped(source) {
  return path.basename(source) !== "shop" && (path.extname(source) === "" || /\.(ya?ml|json|md)$/u.test(source));
}

/** Writes the bundle into `outdir`, which is emptied first. */
export async function bundle(outdir) {
  // Built aside and moved into place, so that a command that starts meanwhile finds a whole bundle.
  const draft = `${outdir}.${process.pid}`;
  await build({
    entryPoints: { stigmer: path.join(root, "server/cli/main.ts") },
    outdir: draft,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["source"],
    minify: true,
    legalComments: "linked",
    sourcemap: "linked",
    logLevel: "warning",
    // Native code and the optional protocol clients stay outside; some bundled CommonJS packages call require().
    external: ["@photostructure/sqlite", "kafkajs", "mqtt", "amqplib", "@nats-io/transport-node", "redis", "ws"],
    banner: {
      js: 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);',
    },
  });
  // The examples ship beside the code: `stigmer examples` writes them.
  cpSync(path.join(root, "examples"), path.join(draft, "examples"), { recursive: true, filter: isShipped });
  rmSync(outdir, { recursive: true, force: true });
  renameSync(draft, outdir);
}

if (process.argv[1] === import.meta.filename) await bundle(path.join(root, "server/dist/bundle"));
