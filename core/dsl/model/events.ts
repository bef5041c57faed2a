import type { Json } from "../../lib/json.ts";
import type { ExpressionText } from "./data.ts";

/* CloudEvents as they are emitted and waited for. */

/** CloudEvents attributes, the standard ones and any extension attribute, as values of an event or as a filter. */
export interface EventProperties {
  readonly id?: string;
  readonly source?: string;
  readonly type?: string;
  readonly time?: string;
  readonly subject?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: Json;
  readonly [attribute: string]: Json;
}

/** How a consumed event is given to the workflow: its data (default), the whole envelope, or the raw data. */
export type EventRead = "data" | "envelope" | "raw";

/** Which events are consumed: exactly one of `one`, `any`, `all`; `until` only with `any`. */
export interface EventConsumptionStrategy {
  readonly one?: EventFilter;
  readonly any?: readonly EventFilter[];
  readonly all?: readonly EventFilter[];
  /** An expression over the events so far, or a strategy whose events end the listening (without an `until` of its own). */
  readonly until?: ExpressionText | EventConsumptionStrategy;
}

export interface EventFilter {
  readonly with: EventProperties;
  readonly correlate?: Readonly<Record<string, CorrelationDefinition>>;
}

export interface CorrelationDefinition {
  readonly from: ExpressionText;
  readonly expect?: string;
}
