import type { DiagnosticCode } from "../diagnostic/diagnostic.ts";

function error(code: string, name: string, summary: string, explanation: string): DiagnosticCode {
  return { code, name, severity: "error", summary, explanation };
}

/** The codes of the shape of a document: which keys and values may stand where. */
export const schemaCodes = {
  unknownProperty: error(
    "OW1020",
    "unknown-property",
    "A property that the language does not have at this place.",
    "Unknown properties are refused, never ignored: a typing error would otherwise change what a workflow does without a word. The message lists what is known at this place. Information of your own belongs in `metadata`.",
  ),
  missingProperty: error(
    "OW1021",
    "missing-property",
    "A required property is missing.",
    "The object at the caret cannot mean anything without this property. Add it; the reference page of the object shows an example.",
  ),
  wrongType: error(
    "OW1022",
    "wrong-type",
    "A value of the wrong type.",
    "The value is, for example, a number where a text is expected. Mind what YAML makes of unquoted values: `1.0` is a number, `true` a boolean, `null`, `~` and nothing at all are null. In quotes each of them is a text.",
  ),
  notAChoice: error(
    "OW1023",
    "not-a-choice",
    "A value that is not one of those allowed.",
    "Only the listed values mean something here. They are case-sensitive.",
  ),
  pattern: error(
    "OW1024",
    "wrong-format",
    "A text that does not have the form it should have.",
    "Names of workflows and namespaces are DNS labels (letters, digits, hyphens, at most 63 characters); versions are semantic versions with all three numbers.",
  ),
  alternatives: error(
    "OW1025",
    "one-of-several",
    "Properties that exclude each other, or none of them.",
    "The listed properties are alternatives: keep the one that is meant.",
  ),
  noKind: error(
    "OW1026",
    "task-without-kind",
    "A task that does not say what it does.",
    "The kind of a task is told by one of the keys `call`, `do`, `emit`, `for`, `fork`, `listen`, `raise`, `run`, `set`, `switch`, `try`, `wait`. None of them is there; often the indentation is one level off.",
  ),
  twoKinds: error(
    "OW1027",
    "task-with-two-kinds",
    "A task that does two things at once.",
    "A task has exactly one kind. Make two tasks of it, one after the other in the same list. (Only a `for` task has two of these keys: `for` and `do`.)",
  ),
  taskItem: error(
    "OW1028",
    "one-task-per-item",
    "An item of a task list that does not hold exactly one task.",
    "Each item of a list of tasks is a mapping with one key, the name of the task.\n\n```yaml\ndo:\n  - first:\n      set: { a: 1 }\n  - second:\n      set: { b: 2 }\n```\n\nThe definition of a task is indented below its name; a second task starts with a `- ` of its own.",
  ),
  empty: error(
    "OW1029",
    "empty",
    "Something that is empty and must not be.",
    "An empty list of tasks, cases or filters, or an object without any property, does nothing; where it stands it is a mistake.",
  ),
  outOfRange: error(
    "OW1030",
    "number-out-of-range",
    "A number outside of its range.",
    "The message names the range. Durations and counts are not negative; ports are at most 65535; HTTP statuses are 100 to 599.",
  ),
  dslVersion: error(
    "OW1031",
    "unsupported-language-version",
    "A version of the language that is not supported.",
    "Releases 1.0.0 to 1.0.3 of the Open Workflow Specification (formerly Serverless Workflow) are supported, and their pre-releases. Documents of the 0.x versions have another structure and must be rewritten.",
  ),
  needs: error(
    "OW1032",
    "property-without-companion",
    "A property that means something only beside another one.",
    "`until` needs `any`, `schedule.read` needs `schedule.on`, a container's `lifetime.after` needs `cleanup: eventually`. Alone it would have no effect, so it is refused.",
  ),
  tooManyTasks: error(
    "OW1033",
    "too-many-tasks",
    "The definition has more than 10,000 tasks.",
    "A definition may hold 10,000 tasks. Split it into several workflows, or loop over data with `for`.",
  ),
} as const;
