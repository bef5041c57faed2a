import type { Activity, ActivityRunner } from "./activity.ts";
import { type ActivityOptionsInput, activityOptions } from "./activity-options.ts";
import type { ActivityServices } from "./activity-services.ts";
import { credentialsOf } from "./auth/policy.ts";
import { TokenService } from "./auth/token-service.ts";
import { a2aActivity } from "./a2a/a2a.ts";
import { asyncapiActivity, asyncapiMessages } from "./asyncapi/asyncapi.ts";
import { containerActivity } from "./process/container.ts";
import { scriptActivity } from "./process/script.ts";
import { shellActivity } from "./process/shell.ts";
import { grpcActivity } from "./grpc/grpc.ts";
import { HttpClient } from "./http/http-client.ts";
import { httpActivity } from "./http/http.ts";
import { mcpActivity } from "./mcp/mcp.ts";
import { NetworkGuard, type Resolver } from "./network-guard.ts";
import { noopActivity } from "./noop.ts";
import { openapiActivity } from "./openapi/openapi.ts";
import { resourceActivity } from "./resource/resource.ts";
import { ResourceReader } from "./resource/resource-reader.ts";
import { createRunner } from "./runner.ts";

/** The activities of one server: a runner for its engine, and the end of all its connections. */
export interface ActivityHost {
  readonly runner: ActivityRunner;
  /** Revokes tokens where policies ask for it and closes all connections; calls under way fail. */
  close(): Promise<void>;
}

/** Every protocol this server knows, over shared connections, behind one network guard. To add a protocol, add its line. */
export function createActivityHost(given: ActivityOptionsInput = {}, resolver?: Resolver): ActivityHost {
  const options = activityOptions(given);
  const guard = new NetworkGuard(options.network, resolver);
  const http = new HttpClient(guard, options.http, options.now);
  const tokens = new TokenService(http, options.now);
  const credentials: ActivityServices["credentials"] = (policy, call) => credentialsOf(policy, call, tokens);
  const resources = new ResourceReader(options, http, credentials);
  const services: ActivityServices = { options, guard, http, resources, credentials };
  const activities: readonly Activity[] = [
    httpActivity(services),
    grpcActivity(services),
    openapiActivity(services),
    asyncapiActivity(services),
    mcpActivity(services),
    a2aActivity(services),
    scriptActivity(services),
    shellActivity(services),
    containerActivity(services),
    resourceActivity(services),
    noopActivity,
  ];
  return {
    runner: createRunner(activities, asyncapiMessages(services), options, credentials),
    async close() {
      await tokens.close();
      await http.close();
    },
  };
}
