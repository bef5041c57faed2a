import { toJson } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { StigmerClient } from "@stigmer/api/client.ts";
import { ApiError } from "../../errors/api-error.ts";
import { type HttpRoute, jsonResponse } from "./http-route.ts";

const RUN = /^\/runs\/([^/]+)\/output$/u;
const TASK = /^\/runs\/([^/]+)\/tasks\/([^/]+)\/output$/u;

/**
 * `GET /runs/<id>/output` and `GET /runs/<id>/tasks/<name>/output`: where the `outputUri` of lifecycle events points to. The output as JSON, of a task that ran several times the last;
 * read through the API, so that both doors are one.
 */
export function runOutputRoute(client: StigmerClient): HttpRoute {
  return {
    path: "/runs/*",
    methods: ["GET"],
    async handle({ path }) {
      const [, id = "", name] = TASK.exec(path) ?? RUN.exec(path) ?? [];
      if (id === "") throw notFound(path);
      const { status } = await client.workflowExecution.query.get({ value: decoded(id) });
      const output: Value | undefined =
        name === undefined
          ? status?.result
          : status?.tasks.findLast((task) => task.taskName === decoded(name) && task.outputValue !== undefined)
              ?.outputValue;
      if (output === undefined) throw notFound(path);
      return jsonResponse(200, toJson(ValueSchema, output));
    },
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function notFound(path: string): ApiError {
  return new ApiError("RESOURCE_NOT_FOUND", `Cannot find "${path.slice(0, 200)}": there is no such output`);
}
