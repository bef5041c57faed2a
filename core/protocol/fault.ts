import type { Json } from "../lib/json.ts";

/**
 * An error of a workflow, as data (RFC 7807 problem details; specification, section Errors). Faults are never thrown across `step`.
 * A host may give a standard type by its short name ("communication"); the interpreter writes the full URI of the document's release and the `instance` pointer.
 */
export interface Fault {
  readonly type: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  /** RFC 6901 pointer into the workflow document at the task the fault comes from. */
  readonly instance?: string;
  /** Anything else the origin says, for example the body of an HTTP error response. */
  readonly data?: Json;
}

/** The standard error types of the specification with their default status. */
export const STANDARD_FAULTS = {
  configuration: 400,
  validation: 400,
  expression: 400,
  authentication: 401,
  authorization: 403,
  timeout: 408,
  communication: 500,
  runtime: 500,
} as const;

/** Short name of a standard error type. */
export type StandardFault = keyof typeof STANDARD_FAULTS;

/** Builds a fault of a standard type; `status` defaults to the type's own. */
export function standardFault(
  type: StandardFault,
  title: string,
  detail?: string,
  extra: { readonly status?: number; readonly instance?: string; readonly data?: Json } = {},
): Fault {
  const { status = STANDARD_FAULTS[type], ...rest } = extra;
  return { type, status, title, ...(detail === undefined ? {} : { detail }), ...rest };
}
