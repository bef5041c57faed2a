import { isJsonArray, isJsonObject, type Json } from "@stigmer/core/lib/json.ts";
import { secretMarker } from "@stigmer/core/lib/secret-marker.ts";

/** What a template of one of the known forms gives. */
export function evaluated(template: Json, input: Json, context: Json): Json {
  if (isJsonArray(template)) return template.map((item) => evaluated(item, input, context));
  if (isJsonObject(template))
    return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, evaluated(item, input, context)]));
  if (typeof template !== "string") return template;
  const n = isJsonObject(input) ? (input["n"] ?? null) : null;
  const number = (fallback: number): Json => (truthy(n) ? n : fallback);
  switch (template) {
    case "${ . }":
      return input;
    case "${ (.n? // 0) + 1 }":
      return (number(0) as number) + 1;
    case "${ .n? // 3 }":
      return number(3);
    case "${ $context.n // 1 }":
      return (isJsonObject(context) ? context["n"] : undefined) ?? 1;
    case "${ $secrets.token }":
      return secretMarker(["token"]);
    case "${ (.n? // 0) < 5 }":
      return (number(0) as number) < 5;
    case "${ (.n? // 0) > 2 }":
      return (number(0) as number) > 2;
    case "${ $context + {n: (.n? // 4)} }":
      return { ...(context as object), n: number(4) };
    case "${ {n: (.n? // 2), was: .} }":
      return { n: number(2), was: input };
    case "${ {n: 1} }":
      return { n: 1 };
    default:
      return template.startsWith("${ [") ? (JSON.parse(template.slice(3, -2)) as Json) : template;
  }
}

/** Markers mean something within their run only: a parent gets none. */
export function withoutSecrets(value: Json): Json {
  if (value === secretMarker(["token"])) return "[redacted]";
  if (isJsonArray(value)) return value.map(withoutSecrets);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item)]));
}

/** Whether a condition that gives this holds. */
export function truthy(value: Json): boolean {
  return value !== null && value !== false;
}
