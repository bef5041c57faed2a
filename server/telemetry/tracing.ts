/** One timed piece of work. */
export interface Span {
  /** Adds what is known only later. */
  set(name: string, value: string | number | boolean): void;
  /** Ends it; with an error when it failed. */
  end(error?: unknown): void;
}

/** The port for distributed tracing. The server runs without one; an OpenTelemetry adapter implements it where it is wanted. */
export interface Tracer {
  /**
   * Starts a span. `traceparent` is the W3C header of the caller, if it sent one.
   */
  start(name: string, attributes: { readonly [name: string]: string | number | boolean }, traceparent?: string): Span;
}

const noSpan: Span = { set: () => undefined, end: () => undefined };

/** Traces nothing and costs nothing. */
export const noTracer: Tracer = { start: () => noSpan };
