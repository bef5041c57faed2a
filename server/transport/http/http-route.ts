/** A request to a route that is not an RPC, the same for HTTP/1.1 and HTTP/2. */
export interface HttpRequest {
  readonly method: string;
  /** Path without query, as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Headers in lower case; several of one name are joined by commas. */
  readonly headers: { readonly [name: string]: string | undefined };
  /** Aborts when the caller leaves or the server stops. */
  readonly signal: AbortSignal;
  /** The whole body, inflated if it was compressed. Rejects with REQUEST_TOO_LARGE beyond the limit of requests. */
  body(): Promise<Uint8Array>;
}

/** What a route answers. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  /** A stream is sent as it comes. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Something that is served beside the RPCs: the console, the door for CloudEvents, metrics. Host and origin are checked before it. */
export interface HttpRoute {
  /** A path, or all below one: `/console/*`. The longest that fits wins. */
  readonly path: string;
  readonly methods: readonly string[];
  /** Answered at once, however much waits: what tells how the server is. */
  readonly isUrgent?: true;
  /** Answers; an ApiError it throws is told to the caller as JSON. */
  handle(request: HttpRequest): Promise<HttpResponse> | HttpResponse;
}

/** A response of JSON. */
export function jsonResponse(
  status: number,
  value: unknown,
  headers: { readonly [name: string]: string } = {},
): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}
