import { noSpan, type Span, type SpanAttributes, type Tracer } from "./tracing.ts";

/** Spans that wait to be sent; more are dropped, so that a collector that is away costs memory only up to here. */
const QUEUE_MAX = 4096;
const BATCH = 512;

/** Where spans go and what they say of their sender. */
export interface OtlpTracerOptions {
  readonly version: string;
  /** Share of the traces begun here that are kept, 0 to 1. A caller's own decision, in its `traceparent`, comes first. */
  readonly sampled: number;
  /** Sends the body of an export; rejects when the collector did not take it. */
  send(body: string): Promise<void>;
  /** Random bytes in hexadecimal digits. */
  hex(bytes: number): string;
  /** From 0 to 1. */
  random(): number;
  /** Epoch ms, with fractions. */
  nowMs(): number;
  /** Called with the first error of a row of failures, and how many spans were dropped so far. */
  failed(error: unknown, dropped: number): void;
}

/** A tracer whose spans are to be sent now and then. */
export interface OtlpTracer extends Tracer {
  /** Sends what has ended. Never rejects. */
  flush(): Promise<void>;
}

/** A span as OTLP's JSON form has it (opentelemetry.io/docs/specs/otlp, opentelemetry-proto trace/v1). */
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly [type: string]: unknown };
}

const KIND_INTERNAL = 1;
const KIND_SERVER = 2;
const STATUS_ERROR = 2;
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/u;

/** Makes a tracer that sends OTLP over HTTP in JSON, which every OpenTelemetry collector takes. */
export function createOtlpTracer(options: OtlpTracerOptions): OtlpTracer {
  const ended: OtlpSpan[] = [];
  let dropped = 0;
  let failing = false;
  let sending: Promise<void> = Promise.resolve();
  const keep = (span: OtlpSpan): void => {
    if (ended.length < QUEUE_MAX) ended.push(span);
    else dropped += 1;
  };
  const sendAll = async (): Promise<void> => {
    while (ended.length > 0) {
      const batch = ended.splice(0, BATCH);
      try {
        await options.send(JSON.stringify(exportOf(batch, options.version)));
        failing = false;
      } catch (error) {
        dropped += batch.length;
        if (!failing) options.failed(error, dropped);
        failing = true;
        return;
      }
    }
  };
  return {
    start(name, attributes, traceparent) {
      const parent = TRACEPARENT.exec(traceparent ?? "");
      const [, traceId, parentSpanId, flags] = parent ?? [];
      const isKept = flags === undefined ? options.random() < options.sampled : (Number.parseInt(flags, 16) & 1) === 1;
      if (!isKept) return noSpan;
      return new RecordedSpan(
        options,
        keep,
        { traceId: traceId ?? options.hex(16), ...(parentSpanId === undefined ? {} : { parentSpanId }) },
        KIND_SERVER,
        name,
        attributes,
      );
    },
    flush: () => (sending = sending.then(sendAll)),
  };
}

class RecordedSpan implements Span {
  readonly #options: OtlpTracerOptions;
  readonly #keep: (span: OtlpSpan) => void;
  readonly #place: { readonly traceId: string; readonly parentSpanId?: string };
  readonly #kind: number;
  readonly #name: string;
  readonly #attributes: Map<string, string | number | boolean>;
  readonly #spanId: string;
  readonly #startedMs: number;
  #isEnded = false;

  constructor(
    options: OtlpTracerOptions,
    keep: (span: OtlpSpan) => void,
    place: { readonly traceId: string; readonly parentSpanId?: string },
    kind: number,
    name: string,
    attributes: SpanAttributes,
  ) {
    this.#options = options;
    this.#keep = keep;
    this.#place = place;
    this.#kind = kind;
    this.#name = name;
    this.#attributes = new Map(Object.entries(attributes));
    this.#spanId = options.hex(8);
    this.#startedMs = options.nowMs();
  }

  set(name: string, value: string | number | boolean): void {
    this.#attributes.set(name, value);
  }

  child(name: string, attributes: SpanAttributes = {}): Span {
    const place = { traceId: this.#place.traceId, parentSpanId: this.#spanId };
    return new RecordedSpan(this.#options, this.#keep, place, KIND_INTERNAL, name, attributes);
  }

  end(error?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#keep({
      ...this.#place,
      spanId: this.#spanId,
      name: this.#name,
      kind: this.#kind,
      startTimeUnixNano: nanoseconds(this.#startedMs),
      endTimeUnixNano: nanoseconds(this.#options.nowMs()),
      attributes: [...this.#attributes].map(([key, value]) => attribute(key, value)),
      // Texts of errors may quote what a user sent, so that only the code leaves the server.
      status: error === undefined ? {} : { code: STATUS_ERROR, message: codeOf(error) },
    });
  }
}

function exportOf(spans: readonly OtlpSpan[], version: string): unknown {
  const resource = { attributes: [attribute("service.name", "stigmer"), attribute("service.version", version)] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "stigmer", version }, spans }] }] };
}

function attribute(key: string, value: string | number | boolean): OtlpAttribute {
  if (typeof value === "string") return { key, value: { stringValue: value } };
  if (typeof value === "boolean") return { key, value: { boolValue: value } };
  return { key, value: Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "INTERNAL";
}
