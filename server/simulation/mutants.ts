import { interpreterMutants } from "./mutants/interpreter-mutants.ts";
import { languageMutants } from "./mutants/language-mutants.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { portMutants } from "./mutants/port-mutants.ts";
import { readMutants } from "./mutants/read-mutants.ts";
import { storeMutants } from "./mutants/store-mutants.ts";

/** Every planted fault. */
export const mutants: readonly Mutant[] = [
  ...storeMutants,
  ...readMutants,
  ...portMutants,
  ...interpreterMutants,
  ...languageMutants,
];
