import type { CallHttpTask } from "../../dsl/model.ts";
import type { Rule } from "../rule.ts";

/** The method of an HTTP call is a method name. */
export const httpMethodValid: Rule = {
  code: "OW1128",
  name: "http-method-valid",
  severity: "error",
  summary: "An HTTP method that cannot be one.",
  explanation:
    "A method is a word of letters, digits and a few signs (RFC 9110, token), such as `get` or `POST`, or an expression in `${ }`.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("call" in task) || task.call !== "http") continue;
      const { method } = (task as CallHttpTask).with;
      if (method.includes("${") || /^[\w!#$%&'*+.^`|~-]+$/u.test(method)) continue;
      yield {
        pointer: `${pointer}/with/method`,
        message: `Cannot send the HTTP method "${method.slice(0, 40)}": it should be one word, such as GET`,
      };
    }
  },
};
