import { expect, test } from "vitest";
import { canonicalErrorType, errorTitle, errorTypeBase, standardErrorName } from "./error-type.ts";

test.each([
  ["https://serverlessworkflow.io/spec/1.0.0/errors/timeout", "timeout"],
  ["https://open-workflow-specification.org/spec/1.0.0/errors/timeout", "timeout"],
  ["https://serverlessworkflow.io/dsl/errors/types/timeout", "timeout"],
  ["https://open-workflow-specification.org/dsl/errors/types/timeout", "timeout"],
  ["https://serverlessworkflow.io.io/dsl/errors/types/timeout", "timeout"],
  ["https://serverlessworkflow.io/errors/not-implemented", "not-implemented"],
  ["timeout", "timeout"],
  ["https://example.com/errors/timeout", "https://example.com/errors/timeout"],
  [
    "https://evil.example/?x=https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
    "https://evil.example/?x=https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
  ],
])("canonicalErrorType of %s", (type, want) => {
  expect(canonicalErrorType(type)).toBe(want);
});

test("standardErrorName knows the eight and no others", () => {
  expect(standardErrorName("https://serverlessworkflow.io/spec/1.0.0/errors/communication")).toBe("communication");
  expect(standardErrorName("constructor")).toBeUndefined();
});

test.each([
  ["1.0.0", "https://serverlessworkflow.io/spec/1.0.0/errors/"],
  ["1.0.3", "https://serverlessworkflow.io/spec/1.0.0/errors/"],
  ["1.0.3-rc1", "https://serverlessworkflow.io/spec/1.0.0/errors/"],
  ["1.0.4", "https://open-workflow-specification.org/spec/1.0.0/errors/"],
  ["1.1.0-alpha1", "https://open-workflow-specification.org/spec/1.0.0/errors/"],
])("errorTypeBase of release %s", (dsl, want) => {
  expect(errorTypeBase(dsl)).toBe(want);
});

test.each([
  ["timeout", "Timeout"],
  ["https://example.com/errors/not-found", "Not found"],
  ["https://example.com/", "Example com"],
])("errorTitle of %s", (type, want) => {
  expect(errorTitle(type)).toBe(want);
});
