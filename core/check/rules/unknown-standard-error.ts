import { didYouMean } from "../../lib/did-you-mean.ts";
import { STANDARD_FAULTS } from "../../protocol/fault.ts";
import type { Rule } from "../rule.ts";

const STANDARD_TYPE =
  /^https?:\/\/(?:www\.)?(?:serverlessworkflow\.io|open-workflow-specification\.org)\/.*errors\/(?:types\/)?([^/]+)$/u;

/** A catch for a standard error that the standard does not have. */
export const unknownStandardError: Rule = {
  code: "OW2025",
  name: "unknown-standard-error",
  severity: "warning",
  summary: "A catch names a standard error that does not exist.",
  explanation: `The standard errors are ${Object.keys(STANDARD_FAULTS).join(", ")}. A filter for another type under the specification's address catches nothing, unless the workflow raises it itself.`,
  *find(context) {
    const raised = new Set([...context.texts("error-type")].map(({ value }) => value));
    const names = Object.keys(STANDARD_FAULTS);
    for (const { task, pointer } of context.tasks) {
      const type = "try" in task ? task.catch.errors?.with?.type : undefined;
      const name = STANDARD_TYPE.exec(type ?? "")?.[1];
      if (type === undefined || name === undefined || names.includes(name) || raised.has(type)) continue;
      const meant = didYouMean(name, names);
      const span = { offset: type.lastIndexOf("/") + 1, length: name.length };
      yield {
        pointer: `${pointer}/catch/errors/with/type`,
        span,
        message: `There is no standard error "${name}"`,
        hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
      };
    }
  },
};
