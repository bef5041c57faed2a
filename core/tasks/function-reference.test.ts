import { expect, test } from "vitest";
import { catalogFunctionUrl, functionUrl, parseFunctionReference } from "./function-reference.ts";

test.each([
  ["greet", { type: "named", name: "greet" }],
  ["log:1.2.0@corp", { type: "catalog", name: "log", version: "1.2.0", catalog: "corp" }],
  ["https://x.example/f.yaml", { type: "url", url: "https://x.example/f.yaml" }],
  ["file:///functions/f.yaml", { type: "url", url: "file:///functions/f.yaml" }],
])("parseFunctionReference reads %s", (call, want) => {
  expect(parseFunctionReference(call, "/do/0/c/call")).toEqual(want);
});

test.each(["log@corp", "a/b", "log:1.0.0@a@b"])("parseFunctionReference refuses %s", (call) => {
  expect(() => parseFunctionReference(call, "/do/0/c/call")).toThrow(`Cannot call "${call}"`);
});

test.each([
  ["https://x.example/functions/f.yaml", "https://x.example/functions/f.yaml"],
  [
    "https://github.com/o/r/blob/main/f/function.yaml",
    "https://raw.githubusercontent.com/o/r/refs/heads/main/f/function.yaml",
  ],
  ["https://github.com/o/r/tree/v2/f", "https://raw.githubusercontent.com/o/r/refs/heads/v2/f/function.yaml"],
  ["https://github.com/o/r/f@v1.0.0", "https://raw.githubusercontent.com/o/r/v1.0.0/f/function.yaml"],
  ["https://gitlab.com/g/p/-/blob/main/f.yaml", "https://gitlab.com/g/p/-/raw/main/f.yaml"],
  ["https://raw.githubusercontent.com/o/r/main/f.yaml", "https://raw.githubusercontent.com/o/r/main/f.yaml"],
])("functionUrl leads from %s to the raw document", (url, want) => {
  expect(functionUrl(url)).toBe(want);
});

test.each([
  ["https://c.example", "https://c.example/functions/log/1.0.0/function.yaml"],
  ["https://c.example/v1/", "https://c.example/v1/functions/log/1.0.0/function.yaml"],
  [
    "https://github.com/o/catalog",
    "https://raw.githubusercontent.com/o/catalog/refs/heads/main/functions/log/1.0.0/function.yaml",
  ],
  [
    "https://github.com/o/catalog/tree/next",
    "https://raw.githubusercontent.com/o/catalog/refs/heads/next/functions/log/1.0.0/function.yaml",
  ],
  ["https://gitlab.com/g/catalog", "https://gitlab.com/g/catalog/-/raw/main/functions/log/1.0.0/function.yaml"],
])("catalogFunctionUrl of %s", (endpoint, want) => {
  expect(catalogFunctionUrl(endpoint, "log", "1.0.0")).toBe(want);
});
