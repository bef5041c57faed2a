import { catalogue, type ErrorCode, type ErrorReason } from "./catalogue.ts";

/** One fault of one field of a request. */
export interface FieldViolation {
  /** Path of the field in proto names, such as `spec.tasks[0].name`; empty for the message as a whole. */
  readonly field: string;
  /** What is wrong and what should be. */
  readonly description: string;
  /** Stable code of the rule. */
  readonly reason?: string;
}

/** What an error can say beside its text. */
export interface ApiErrorOptions {
  /** Fields at fault, in the order of the request. */
  readonly violations?: readonly FieldViolation[];
  /** What the error is about, by name; shown to the caller. */
  readonly metadata?: { readonly [name: string]: string };
  /** When the request may be sent again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What led to it; logged, never shown. */
  readonly cause?: unknown;
}

/**
 * A fault of the caller (or a state of the server the caller has to know): thrown anywhere below the transport, which maps it to the protocol. Its text is shown to the
 * caller as it is, in the form `Cannot <do> "<value>": <what is>, <what should be>`.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly reason: ErrorReason;
  readonly violations: readonly FieldViolation[];
  readonly metadata: { readonly [name: string]: string };
  readonly retryAfterMs: number | undefined;

  constructor(reason: ErrorReason, message: string, options: ApiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.violations = options.violations ?? [];
    this.metadata = options.metadata ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Code of the protocol, which follows from the reason. */
  get code(): ErrorCode {
    return catalogue[this.reason].code;
  }
}
