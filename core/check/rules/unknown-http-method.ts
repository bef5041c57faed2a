import { didYouMean } from "../../lib/did-you-mean.ts";
import type { CallHttpTask } from "../../dsl/model.ts";
import type { Rule } from "../rule.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"];

/** A method that servers do not know. */
export const unknownHttpMethod: Rule = {
  code: "OW2020",
  name: "unknown-http-method",
  severity: "warning",
  summary: "An unusual HTTP method.",
  explanation:
    "Any method can be sent, but this one is not among those that servers usually know. It may be a typing error.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("call" in task) || task.call !== "http") continue;
      const { method } = (task as CallHttpTask).with;
      if (!/^[A-Za-z]+$/u.test(method) || METHODS.includes(method.toUpperCase())) continue;
      const meant = didYouMean(method.toUpperCase(), METHODS);
      yield {
        pointer: `${pointer}/with/method`,
        message: `The HTTP method "${method}" is unusual`,
        hint: meant === undefined ? undefined : `did you mean "${meant.toLowerCase()}"?`,
      };
    }
  },
};
