import type { JsonObject } from "../../lib/json.ts";
import type { Duration, ExpressionText } from "./data.ts";

/* Errors as they are raised and filtered, and the policies of retrying. */

/** An error as RFC 7807 has it; `status` as a runtime expression is a relaxation. */
export interface ErrorDefinition {
  readonly type: string;
  readonly status: number | ExpressionText;
  readonly instance?: string;
  readonly title?: string;
  readonly detail?: string;
}

/** Literal values an error must have to be caught; `detail` and `details` are the same field. */
export interface ErrorFilter {
  readonly type?: string;
  readonly status?: number;
  readonly instance?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly details?: string;
}

/** When, how often and after how long a failed `try` runs again. */
export interface RetryPolicy {
  readonly when?: ExpressionText;
  readonly exceptWhen?: ExpressionText;
  readonly delay?: Duration;
  /** Exactly one key; its value holds no properties the specification names. */
  readonly backoff?: {
    readonly constant?: JsonObject;
    readonly linear?: JsonObject;
    readonly exponential?: JsonObject;
  };
  readonly limit?: {
    /** `count` = retries (runs = count + 1); `duration` bounds one attempt. */
    readonly attempt?: { readonly count?: number; readonly duration?: Duration };
    /** Bounds all attempts together. */
    readonly duration?: Duration;
  };
  readonly jitter?: { readonly from: Duration; readonly to: Duration };
}
