import { secretMarker } from "@stigmer/core/lib/secret-marker.ts";
import { expect, test } from "vitest";
import { JsonValue } from "../../pipeline/json-value.ts";
import { REDACTED } from "../sealed-values.ts";
import { shownText } from "./show-json.ts";
import { jsonOfValue } from "./value-json.ts";

test("shownText leaves the text of a value without secrets alone", () => {
  const text = '{"a":[1,"b"]}';
  const shown = shownText(text);
  expect((shown as JsonValue).text).toBe(text);
  expect(jsonOfValue(shown)).toEqual({ a: [1, "b"] });
});

test("shownText puts the placeholder where a secret was used", () => {
  const text = JSON.stringify({ a: [`Bearer ${secretMarker(["token"])}`], b: 1 });
  expect(jsonOfValue(shownText(text))).toEqual({ a: [`Bearer ${REDACTED}`], b: 1 });
});
