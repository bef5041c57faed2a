import { defineConfig } from "vitest/config";

// Tests run on source: the "source" export condition resolves every workspace to its .ts files, so no build precedes a test.
export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["{api,core,server,console,tools,conformance,examples,benchmarks}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    // These two publish a "source" condition of their own that leads to TypeScript, which Node cannot load: Vite transforms them.
    server: { deps: { inline: ["eventsource", "eventsource-parser", /@modelcontextprotocol/u] } },
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
