#!/usr/bin/env node
// The bundle is written by `npm run build`; an installed package always has it.
import { existsSync } from "node:fs";

const bundle = new URL("../dist/bundle/stigmer.js", import.meta.url);
if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  process.stderr.write("stigmer is not built yet: run `npm run build` in the repository once\n");
  process.exitCode = 1;
}
