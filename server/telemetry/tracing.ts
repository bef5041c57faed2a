/** What a span says of the work beside its name and times. */
export type SpanAttributes = { readonly [name: string]: string | number | boolean };

/** One timed piece of work. */
export interface Span {
  /** Adds what is known only later. */
  set(name: string, value: string | number | boolean): void;
  /** Starts a part of this work. */
  child(name: string, attributes?: SpanAttributes): Span;
  /** Ends it; with an error when it failed. */
  end(error?: unknown): void;
}

/** The port for distributed tracing. The server runs without one unless it is told where spans go. */
export interface Tracer {
  /**
   * Starts a span. `traceparent` is the W3C header of the caller, if it sent one.
   */
  start(name: string, attributes: SpanAttributes, traceparent?: string): Span;
}

/** A span that nobody will see. */
export const noSpan: Span = { set: () => undefined, child: () => noSpan, end: () => undefined };

/** Traces nothing and costs nothing. */
export const noTracer: Tracer = { start: () => noSpan };
