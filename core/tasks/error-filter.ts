import type { ErrorFilter } from "../dsl/model.ts";
import { canonicalErrorType } from "../protocol/error-type.ts";
import type { Fault } from "../protocol/fault.ts";

/** Tells whether a fault has all the values a static filter names; types are compared by canonical name, `detail` and `details` are the same field. */
export function matchesErrorFilter(filter: ErrorFilter, fault: Fault): boolean {
  const { type, status, instance, title, detail = filter.details } = filter;
  return (
    (type === undefined || canonicalErrorType(type) === canonicalErrorType(fault.type)) &&
    (status === undefined || status === fault.status) &&
    (instance === undefined || instance === fault.instance) &&
    (title === undefined || title === fault.title) &&
    (detail === undefined || detail === fault.detail)
  );
}
