import type { Json } from "@stigmer/core/lib/json.ts";
import type { ActivityOptions } from "./activity-options.ts";
import type { CallContext } from "./call-context.ts";
import type { Credentials } from "./auth/credentials.ts";
import type { HttpClient } from "./http/http-client.ts";
import type { NetworkGuard } from "./network-guard.ts";
import type { ResourceReader } from "./resource/resource-reader.ts";

/** What activities share: connections, the guard in front of them, tokens and documents already fetched. */
export interface ActivityServices {
  readonly options: ActivityOptions;
  readonly guard: NetworkGuard;
  readonly http: HttpClient;
  readonly resources: ResourceReader;
  /** The credentials an authentication policy gives; undefined where there is no policy. Throws configuration and authentication faults. */
  credentials(policy: Json | undefined, context: CallContext): Credentials | undefined;
}
