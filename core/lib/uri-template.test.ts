import { expect, test } from "vitest";
import { expandUriTemplate, isUriTemplateProblem, parseUriTemplate, uriTemplateVariables } from "./uri-template.ts";

const variables = {
  count: ["one", "two", "three"],
  dom: ["example", "com"],
  dub: "me/too",
  hello: "Hello World!",
  half: "50%",
  var: "value",
  who: "fred",
  base: "http://example.com/home/",
  path: "/foo/bar",
  list: ["red", "green", "blue"],
  keys: { semi: ";", dot: ".", comma: "," },
  v: "6",
  x: "1024",
  y: "768",
  empty: "",
  empty_keys: [],
  undef: null,
  petId: 42,
};

test.each<[string, string]>([
  ["https://a.b/{petId}/x?q=1", "https://a.b/42/x?q=1"],
  ["{var}", "value"],
  ["{hello}", "Hello%20World%21"],
  ["{+hello}", "Hello%20World!"],
  ["{+path}/here", "/foo/bar/here"],
  ["{+base}index", "http://example.com/home/index"],
  ["{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"],
  ["{#hello}", "#Hello%20World!"],
  ["{half}{+half}", "50%2550%25"],
  ["map?{x,y}", "map?1024,768"],
  ["X{.var}", "X.value"],
  ["{/var,x}/here", "/value/1024/here"],
  ["{;x,y,empty}", ";x=1024;y=768;empty"],
  ["{?x,y,empty,undef}", "?x=1024&y=768&empty="],
  ["?fixed=yes{&x}", "?fixed=yes&x=1024"],
  ["{var:3}", "val"],
  ["{list}", "red,green,blue"],
  ["{list*}", "red,green,blue"],
  ["{/list*}", "/red/green/blue"],
  ["{?list*}", "?list=red&list=green&list=blue"],
  ["{keys}", "semi,%3B,dot,.,comma,%2C"],
  ["{keys*}", "semi=%3B,dot=.,comma=%2C"],
  ["{?keys*}", "?semi=%3B&dot=.&comma=%2C"],
  ["{undef}{empty_keys}{nothing}", ""],
  ["{?undef}", ""],
])("expandUriTemplate of %s", (template, expanded) => {
  const parsed = parseUriTemplate(template);
  expect(isUriTemplateProblem(parsed) ? parsed : expandUriTemplate(parsed, variables)).toBe(expanded);
});

test.each<[string, number]>([
  ["a{b", 1],
  ["a}b", 1],
  ["{}", 0],
  ["{a b}", 0],
  ["{a", 0],
  ["{=x}", 0],
])("parseUriTemplate refuses %s at %d", (template, offset) => {
  expect(parseUriTemplate(template)).toMatchObject({ offset });
});

test("uriTemplateVariables names each variable once", () => {
  expect(uriTemplateVariables(parseUriTemplate("{a}/{+b,c}/{?a*}") as never)).toEqual(["a", "b", "c"]);
});
