import { commitCases } from "./suite/commit-cases.ts";
import { definitionCases } from "./suite/definition-cases.ts";
import { journalCases } from "./suite/journal-cases.ts";
import { resourceCases } from "./suite/resource-cases.ts";
import { runCases } from "./suite/run-cases.ts";
import type { StoreCase } from "./suite/store-case.ts";

/** What every store must do: a store is done when all cases pass, each on an empty store of its own. */
export const storeSuite: readonly StoreCase[] = [
  ...resourceCases,
  ...definitionCases,
  ...runCases,
  ...journalCases,
  ...commitCases,
];
