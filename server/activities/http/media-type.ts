/** A parsed Content-Type (RFC 9110 section 8.3). */
export interface MediaType {
  /** `type/subtype` in lower case; empty where there is none. */
  readonly essence: string;
  readonly charset: string | undefined;
}

/** Parses a Content-Type header; only the charset parameter matters here. */
export function parseMediaType(header: string | undefined): MediaType {
  const [essence = "", ...parameters] = (header ?? "").split(";");
  const charset = parameters
    .map((parameter) => parameter.trim().split("="))
    .find(([name]) => name?.trim().toLowerCase() === "charset")?.[1];
  return { essence: essence.trim().toLowerCase(), charset: charset?.trim().replaceAll('"', "").toLowerCase() };
}

/** Tells whether a media type is JSON: `application/json`, `text/json` or anything with the `+json` suffix (RFC 6839). */
export function isJsonType({ essence }: MediaType): boolean {
  return essence === "application/json" || essence === "text/json" || essence.endsWith("+json");
}

/** Tells whether a media type is text that people read: `text/*`, XML, YAML, JavaScript and the line-wise JSON formats. */
export function isTextType({ essence }: MediaType): boolean {
  return (
    essence.startsWith("text/") ||
    /[/+](?:xml|yaml|x-yaml|javascript|ecmascript|graphql|sql|x-ndjson|ndjson|jsonl|json-seq|x-sh|toml|csv|x-protobuf-text|jwt)$/u.test(
      essence,
    )
  );
}

/** The media type of forms as browsers send them. */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** The media type of multi-part forms. */
export const MULTIPART_TYPE = "multipart/form-data";
