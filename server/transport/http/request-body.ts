import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Readable, Transform } from "node:stream";

import { ApiError } from "../../errors/api-error.ts";

/** A message beyond the limit. */
export function tooLarge(maxBytes: number): ApiError {
  return new ApiError(
    "REQUEST_TOO_LARGE",
    `Cannot read the request: it is larger than ${maxBytes} bytes, the limit set by limit-request-bytes`,
    {
      metadata: { limit: "limit-request-bytes", value: String(maxBytes) },
    },
  );
}

/**
 * Reads a body up to a limit, which counts inflated bytes: a small compressed body cannot become a large one. What is left of a refused body stays unread, so that the answer can go
 * out on the same connection.
 */
export async function readBody(stream: Readable, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  const inflater = inflaterOf(encoding);
  const source = inflater === undefined ? stream : connected(stream, inflater);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("REQUEST_MALFORMED", `Cannot read the body: ${(error as Error).message}`, { cause: error });
  } finally {
    if (inflater !== undefined) {
      stream.unpipe(inflater);
      inflater.destroy();
    }
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size);
}

/** Pipes without tying the ends together: a failing inflater must not take the request, and with it the connection, along. */
function connected(stream: Readable, inflater: Transform): Transform {
  stream.once("close", () => {
    if (!stream.readableEnded) inflater.destroy(new Error("the caller has gone"));
  });
  return stream.pipe(inflater);
}

function inflaterOf(encoding: string | undefined): Transform | undefined {
  switch (encoding) {
    case undefined:
    case "":
    case "identity":
      return undefined;
    case "gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      throw new ApiError(
        "REQUEST_MALFORMED",
        `Cannot read the body: content encoding "${encoding}" is not known, gzip, deflate, br or identity is expected`,
      );
  }
}
