// Bundles the product: server/dist/stigmer.js and its lazily loaded chunks. One bundle, because loading hundreds of files costs more than all of a command's work (see docs/decisions).
import { rmSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const outdir = path.join(root, "server/dist/bundle");
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: { stigmer: path.join(root, "server/cli/main.ts") },
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  conditions: ["source"],
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: "linked",
  sourcemap: "linked",
  logLevel: "warning",
  // Native code and the optional protocol clients stay outside; some bundled CommonJS packages call require().
  external: [
    "@photostructure/sqlite",
    "kafkajs",
    "mqtt",
    "amqplib",
    "@nats-io/transport-node",
    "redis",
    "ws",
    "node:*",
  ],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
