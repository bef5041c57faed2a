import { parsePointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** The `instance` of an error is a JSON pointer. */
export const pointerParses: Rule = {
  code: "OW1116",
  name: "pointer-parses",
  severity: "error",
  summary: "An error's `instance` that is not a JSON pointer.",
  explanation:
    "`instance` is a JSON pointer (RFC 6901) such as `/do/0/getPet`, or an expression in `${ }`. Left out, it is the pointer of the task that raises the error.",
  *find(context) {
    for (const { pointer, value } of context.texts("json-pointer")) {
      if (value.includes("${") || parsePointer(value) !== undefined) continue;
      yield {
        pointer,
        message: `Cannot read the JSON pointer "${value.slice(0, 80)}": it should start with "/", with "~0" for "~" and "~1" for "/" in names`,
      };
    }
  },
};
