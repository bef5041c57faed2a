import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { scalarText } from "../activity-arguments.ts";
import { objectAt, textAt, type OpenApiDialect } from "./openapi-document.ts";

/** How a parameter is written: the styles of OpenAPI 3, which those of Swagger 2.0 map onto. */
export interface ParameterStyle {
  readonly style:
    | "simple"
    | "label"
    | "matrix"
    | "form"
    | "spaceDelimited"
    | "pipeDelimited"
    | "deepObject"
    | "tabDelimited"
    | "json";
  readonly explode: boolean;
  readonly allowReserved: boolean;
}

const COLLECTION_FORMATS: ReadonlyMap<string, ParameterStyle["style"]> = new Map([
  ["csv", "form"],
  ["ssv", "spaceDelimited"],
  ["tsv", "tabDelimited"],
  ["pipes", "pipeDelimited"],
  ["multi", "form"],
]);

const STYLES = ["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject"] as const;

/** The style of a parameter: what it says, or the default of its place (OpenAPI 3.1 section 4.8.12; Swagger 2.0 `collectionFormat`). */
export function styleOf(parameter: JsonObject, dialect: OpenApiDialect): ParameterStyle {
  const place = textAt(parameter, "in");
  const plain = place === "path" || place === "header" ? "simple" : "form";
  if (dialect === "2.0") {
    const format = textAt(parameter, "collectionFormat") ?? "csv";
    const list = COLLECTION_FORMATS.get(format) ?? "form";
    return { style: list === "form" ? plain : list, explode: format === "multi", allowReserved: false };
  }
  if (Object.keys(objectAt(parameter, "content")).length > 0)
    return { style: "json", explode: false, allowReserved: false };
  const said = textAt(parameter, "style");
  const style = STYLES.find((candidate) => candidate === said) ?? plain;
  const explode = getKey(parameter, "explode");
  return {
    style,
    explode: typeof explode === "boolean" ? explode : style === "form",
    allowReserved: getKey(parameter, "allowReserved") === true,
  };
}

/** A parameter in a path. */
export function pathText(name: string, value: Json, { style, explode }: ParameterStyle): string {
  const encode = encodeURIComponent;
  if (style === "json") return encode(JSON.stringify(value));
  if (style === "label") return `.${parts(value, explode, encode).join(explode ? "." : ",")}`;
  if (style === "matrix") {
    if (!explode || (!isJsonArray(value) && !isJsonObject(value)))
      return `;${encode(name)}=${parts(value, false, encode).join(",")}`;
    if (isJsonObject(value))
      return parts(value, true, encode)
        .map((part) => `;${part}`)
        .join("");
    return parts(value, true, encode)
      .map((part) => `;${encode(name)}=${part}`)
      .join("");
  }
  return parts(value, explode, encode).join(",");
}

/** A parameter in a header; commas join, nothing is encoded. */
export function headerText(value: Json, { style, explode }: ParameterStyle): string {
  return style === "json" ? JSON.stringify(value) : parts(value, explode, (text) => text).join(",");
}

/** A parameter as `name=value` pairs, ready for a query, a form or a cookie, encoded. */
export function formPairs(
  name: string,
  value: Json,
  { style, explode, allowReserved }: ParameterStyle,
): readonly string[] {
  const encode = allowReserved ? encodeKeepingReserved : encodeURIComponent;
  const pair = (key: string, text: string): string => `${encodeURIComponent(key)}=${text}`;
  if (style === "json") return [pair(name, encode(JSON.stringify(value)))];
  if (style === "deepObject" && isJsonObject(value)) return deepPairs(name, value, encode);
  if (!isJsonArray(value) && !isJsonObject(value)) return [pair(name, encode(scalarText(value)))];
  if (explode)
    return isJsonObject(value) ? parts(value, true, encode) : value.map((item) => pair(name, encode(scalarText(item))));
  const separators: Partial<Record<ParameterStyle["style"], string>> = {
    spaceDelimited: "%20",
    pipeDelimited: "%7C",
    tabDelimited: "%09",
  };
  return [pair(name, parts(value, false, encode).join(separators[style] ?? ","))];
}

function deepPairs(name: string, value: JsonObject, encode: (text: string) => string): readonly string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const full = `${name}[${key}]`;
    if (item === null) return [];
    if (isJsonObject(item)) return deepPairs(full, item, encode);
    return (isJsonArray(item) ? item : [item]).map((one) => `${encodeURIComponent(full)}=${encode(scalarText(one))}`);
  });
}

/** The texts a value consists of: items of an array, `key=value` or `key`, `value` of an object, or the scalar itself. */
function parts(value: Json, explode: boolean, encode: (text: string) => string): readonly string[] {
  if (isJsonArray(value)) return value.filter((item) => item !== null).map((item) => encode(scalarText(item)));
  if (!isJsonObject(value)) return [encode(scalarText(value))];
  const members = Object.entries(value).filter(([, item]) => item !== null);
  return members.flatMap(([key, item]) => {
    const text = encode(scalarText(item));
    return explode ? [`${encode(key)}=${text}`] : [encode(key), text];
  });
}

function encodeKeepingReserved(text: string): string {
  return text.replaceAll(/[^\w\-.~:/?#[\]@!$&'()*+,;=]/gu, (character) => encodeURIComponent(character));
}
