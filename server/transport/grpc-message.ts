/** Encodes a text for `grpc-message` as the protocol says: `%` and what is not printable ASCII. (connect-node encodes more, which grpc-js shows as it is.) */
export function grpcMessage(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x7e]+/gu, encodeURIComponent);
}
