/**
 * The budgets of one evaluation. They are counted, never timed, so that the same expression on the same data stops at the same place on every host.
 */
export interface Limits {
  /** Units of work: elements visited, calls made, outputs produced, regular-expression moves; building and comparing large values is charged by size. */
  readonly steps: number;
  /** Characters of a single string built, and characters plus values of everything an evaluation returns. */
  readonly size: number;
  /** Nested calls that are no tail calls, weighted by the size of the function; far below what the smallest JavaScript stack holds. */
  readonly depth: number;
}

/** Budgets that no reasonable expression meets and that stop an endless one within a tenth of a second on a small machine. */
export const DEFAULT_LIMITS: Limits = { steps: 2_000_000, size: 8_388_608, depth: 5_000 };
