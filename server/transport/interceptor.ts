import type { Message } from "@bufbuild/protobuf";

import type { ApiError } from "../errors/api-error.ts";
import type { Call } from "./call.ts";
import type { MethodEntry } from "./service-registry.ts";

/**
 * Something that happens around every call, over the wire or in-process. Two plain functions instead of nested ones: a chain of eight costs less than a microsecond.
 */
export interface Interceptor {
  /** Runs before the handler, in order; throws to refuse. `request` is undefined for a stream of requests. */
  before?(call: Call, entry: MethodEntry, request: Message | undefined): void;
  /** Runs when the call has ended, in reverse order; `failure` is what the caller is told. */
  after?(call: Call, entry: MethodEntry, failure: ApiError | undefined): void;
}
