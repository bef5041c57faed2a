import { describe, expect, test } from "vitest";
import { resolveUriReference, uriReferenceProblem } from "./uri-reference.ts";

describe("resolveUriReference, the examples of RFC 3986 section 5.4", () => {
  test.each<[string, string]>([
    ["g:h", "g:h"],
    ["g", "http://a/b/c/g"],
    ["./g", "http://a/b/c/g"],
    ["g/", "http://a/b/c/g/"],
    ["/g", "http://a/g"],
    ["//g", "http://g"],
    ["?y", "http://a/b/c/d;p?y"],
    ["g?y", "http://a/b/c/g?y"],
    ["#s", "http://a/b/c/d;p?q#s"],
    ["g;x=1/../y", "http://a/b/c/y"],
    ["", "http://a/b/c/d;p?q"],
    [".", "http://a/b/c/"],
    ["./", "http://a/b/c/"],
    ["..", "http://a/b/"],
    ["../g", "http://a/b/g"],
    ["../..", "http://a/"],
    ["../../../g", "http://a/g"],
    ["/./g", "http://a/g"],
    ["/../g", "http://a/g"],
  ])("%j", (reference, resolved) => {
    expect(resolveUriReference("http://a/b/c/d;p?q", reference)).toBe(resolved);
  });
});

test.each<[string, string | undefined]>([
  ["https://example.com/a?b=c#d", undefined],
  ["../relative/path", undefined],
  ["urn:example:thing", undefined],
  ["http://[::1]:80/", undefined],
  ["http://exa mple.com", "white space"],
  ["http://a/%zz", "percent"],
  ["http://a:port/", "no host"],
  ["1http:x", "no scheme"],
  ["http://a/<b>", "character"],
])("uriReferenceProblem of %j", (text, problem) => {
  const found = uriReferenceProblem(text);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});
