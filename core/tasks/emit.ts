import type { EmitTask } from "../dsl/model.ts";
import { type Json, type JsonObject, isJsonObject, setKey } from "../lib/json.ts";
import { type UriSource, compileUri, evaluateUri } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { taskFault } from "./task-fault.ts";
import type { TaskType } from "./task-type.ts";

interface EmitBody {
  readonly source?: UriSource;
  readonly rest: Evaluator;
}

/**
 * `emit`: publishes a CloudEvent, which is also its output. What the author leaves out is filled in: `id` from the run and the command, so that a repeat is recognisable, `source` from the
 * workflow's identity, `time` from the event being handled. Attributes that evaluate to null are left out.
 */
export const emitTask: TaskType<EmitBody> = {
  kind: "emit",
  compile(definition, scope) {
    const { source, ...rest } = (definition as EmitTask).emit.event.with;
    return {
      rest: scope.template(rest as JsonObject, "emit", "event", "with"),
      ...(source === undefined ? {} : { source: compileUri(source, scope.at("emit", "event", "with", "source")) }),
    };
  },
  start({ source, rest }, run) {
    const given = run.value(rest);
    const event: Record<string, Json> = {
      specversion: "1.0",
      id: `${run.runId}-${run.nextId}`,
      source: source === undefined ? run.source : evaluateUri(source, run),
      time: new Date(run.now).toISOString(),
    };
    if (isJsonObject(given)) {
      for (const [name, value] of Object.entries(given))
        if (value !== null || name === "data") setKey(event, name, value);
    }
    checkAttributes(event);
    return { type: "complete", output: event, start: [{ role: "publish", type: "publish", event }] };
  },
};

/** Attributes that must be texts; `time` must be a timestamp too (CloudEvents, section Context Attributes). */
function checkAttributes(event: JsonObject): void {
  for (const name of ["id", "source", "type", "time", "subject", "datacontenttype", "dataschema"]) {
    const value = event[name];
    if (value === undefined ? name === "type" : typeof value !== "string" || value === "") {
      throw taskFault(
        "expression",
        "Invalid event",
        `Cannot emit an event with ${name} ${JSON.stringify(value)}: it should be a text`,
      );
    }
  }
  if (Number.isNaN(Date.parse(event["time"] as string))) {
    throw taskFault(
      "expression",
      "Invalid event",
      `Cannot emit an event with time "${String(event["time"])}": it should be an RFC 3339 timestamp`,
    );
  }
}
