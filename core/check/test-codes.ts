import type { DiagnosticCode } from "../dsl/diagnostic/diagnostic.ts";

/** The codes of test files (`*.test.yaml`): what `stigmer test` says before it runs anything. */
export const testCodes = {
  unknownTask: {
    code: "OW1901",
    name: "test-task-exists",
    severity: "error",
    summary: "A test names a task that the workflow does not have.",
    explanation:
      "Mocks, expected calls, the expected path and controls name tasks of the workflow, by name or by JSON pointer. A name that is not there would never match: the mock would never be used, the expectation never hold. `*` as the name of a mock stands for all tasks without one.",
  },
  duplicateCase: {
    code: "OW1902",
    name: "test-case-unique",
    severity: "error",
    summary: "Two cases of a file have the same name.",
    explanation:
      "The name is how a case is told from the others in the report and picked with `--only`: give each its own.",
  },
  badTime: {
    code: "OW1903",
    name: "test-time",
    severity: "error",
    summary: "A time of a test cannot be read.",
    explanation:
      "Durations (`delay`, `every`, `after`, `elapsed`) are ISO 8601 such as `PT30S`, or named units such as `{ minutes: 5 }`. The start of a run (`given.at`) is a time such as `2026-11-23T09:00:00Z`.",
  },
} as const satisfies Record<string, DiagnosticCode>;
