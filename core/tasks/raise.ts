import type { RaiseTask } from "../dsl/model.ts";
import { errorTitle, standardErrorName } from "../protocol/error-type.ts";
import { STANDARD_FAULTS } from "../protocol/fault.ts";
import type { Json } from "../lib/json.ts";
import { type UriSource, compileUri, evaluateUri } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { taskFault } from "./task-fault.ts";
import { fail, type TaskType } from "./task-type.ts";

interface RaiseBody {
  readonly type: UriSource;
  readonly rest: Evaluator;
}

/** `raise`: fails with an error given in place or by its name in `use.errors`. An `instance` given there wins over the task's pointer; a title is always set. */
export const raiseTask: TaskType<RaiseBody> = {
  kind: "raise",
  compile(definition, scope) {
    const { error } = (definition as RaiseTask).raise;
    const place = scope.at("raise", "error");
    const { type, ...rest } = typeof error === "string" ? scope.reusable("errors", error, "raise", "error") : error;
    return { type: compileUri(type, place.at("type")), rest: place.template(rest as Json) };
  },
  start({ type: source, rest }, run) {
    const type = evaluateUri(source, run);
    const { status, title, detail, instance } = run.value(rest) as { readonly [key: string]: Json };
    return fail({
      type,
      status: statusOf(status, type),
      title: textOf(title, "title") ?? errorTitle(type),
      ...optional("detail", textOf(detail, "detail")),
      ...optional("instance", textOf(instance, "instance")),
    });
  },
};

function statusOf(status: Json | undefined, type: string): number {
  const number = typeof status === "string" && /^\d+$/u.test(status) ? Number(status) : status;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  const name = standardErrorName(type);
  if (status === undefined && name !== undefined) return STANDARD_FAULTS[name];
  throw taskFault(
    "expression",
    "Invalid error",
    `Cannot raise an error with status ${JSON.stringify(status)}: it should be a whole number`,
  );
}

function textOf(value: Json | undefined, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object")
    throw taskFault("expression", "Invalid error", `Cannot raise an error with this ${name}: it should be a text`);
  return String(value);
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: string });
}
