import { childPointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

/** Extension attributes of an emitted event have names that CloudEvents allows. */
export const eventAttributeNames: Rule = {
  code: "OW1131",
  name: "event-attribute-names",
  severity: "error",
  summary: "An attribute name that a CloudEvent cannot have.",
  explanation:
    "Besides the attributes of the specification, an event may have extension attributes; CloudEvents 1.0 allows only lower-case letters and digits in their names. Everything else belongs into `data`.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("emit" in task)) continue;
      for (const name of Object.keys(task.emit.event.with)) {
        if (/^[a-z0-9]+$/u.test(name)) continue;
        const message = `Cannot emit the attribute "${name.slice(0, 40)}": names of attributes should be lower-case letters and digits`;
        yield {
          pointer: childPointer(`${pointer}/emit/event/with`, name),
          at: "key",
          message,
          hint: `write ${name.toLowerCase().replaceAll(/[^a-z0-9]/gu, "") || "data"}`,
        };
      }
    }
  },
};
