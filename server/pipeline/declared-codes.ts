import type { ErrorCode } from "../errors/catalogue.ts";

/** Codes that any rpc may answer with, whatever its steps: they come from the transport, from the check of the caller, or from the state of the server. */
export const GENERAL_CODES = [
  "CANCELLED",
  "DATA_LOSS",
  "DEADLINE_EXCEEDED",
  "INTERNAL",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "UNAUTHENTICATED",
  "UNAVAILABLE",
] as const satisfies readonly ErrorCode[];

/** Codes a step can fail with beyond the general ones; it declares them, and the reference of the API and its tests are made from what is declared. */
export type StepCode = Exclude<ErrorCode, (typeof GENERAL_CODES)[number]>;

/** Hears which codes the requests of a name may fail with. */
export interface DeclaredCodes {
  declare(request: string, codes: readonly StepCode[]): void;
}
