import { create } from "@bufbuild/protobuf";
import { type Fault as FaultMessage, FaultSchema } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import { shownJson, shownStruct } from "./show-json.ts";

/** A fault as callers see it. Data that is no object is shown under `value`. */
export function presentFault(fault: Fault): FaultMessage {
  const { type, status, title = "", detail = "", instance = "", data } = fault;
  const struct = data === undefined ? undefined : (shownStruct(data) ?? shownStruct({ value: data }));
  return create(FaultSchema, {
    type,
    status,
    title,
    detail: shownJson(detail) as string,
    instance,
    ...(struct === undefined ? {} : { data: struct }),
  });
}

/** A fault as one line, for the error field of the published contract. */
export function faultText({ title, detail, type, instance }: Fault): string {
  const what = [title, detail].filter((part) => part !== undefined && part !== "").join(": ");
  const text = what === "" ? type : what;
  return shownJson(instance === undefined ? text : `${text} (${instance})`) as string;
}
