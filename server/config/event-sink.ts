import type { Setting } from "./setting.ts";

/** A header that proves who sends. Settings hold only where its value is: what stands there is in no process list, no log and no answer of this server. */
export interface SinkHeader {
  /** In lower case. */
  readonly name: string;
  /** What stands before the value. */
  readonly prefix: "Bearer " | "";
  /** A variable of the environment, or a file. */
  readonly source: { readonly env: string } | { readonly file: string };
}

/** Where the events of runs are sent to by HTTP, and which. */
export interface EventSink {
  /** Of http or https, without credentials. */
  readonly url: string;
  /** Content mode of the CloudEvents HTTP binding. */
  readonly mode: "structured" | "binary";
  /** Types that are sent; a `*` at the end stands for anything. Empty: all. */
  readonly types: readonly string[];
  /** The one organization whose events are sent; undefined: all. */
  readonly org: string | undefined;
  readonly headers: readonly SinkHeader[];
}

const OPTIONS = new Set(["mode", "type", "org", "token", "header"]);
/** Headers that the request or the content mode make. */
const TAKEN = /^(?:ce-.*|content-.*|host|connection|keep-alive|transfer-encoding|upgrade|te|trailer|expect)$/u;

/**
 * Reads a sink from its written form: a URL whose fragment, which is never sent, holds the options, as in `https://hooks.example.com/in#mode=binary&type=com.acme.*&type=com.example.paid`.
 * Undefined for anything else, an unknown option included.
 */
export function parseEventSink(text: string): EventSink | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (url.username !== "" || url.password !== "" || url.hostname === "") return undefined;
  const options = new URLSearchParams(url.hash.slice(1));
  url.hash = "";
  for (const key of options.keys()) if (!OPTIONS.has(key)) return undefined;
  for (const key of ["mode", "org", "token"]) if (options.getAll(key).length > 1) return undefined;
  const mode = options.get("mode") ?? "structured";
  if (mode !== "structured" && mode !== "binary") return undefined;
  const types = options.getAll("type");
  if (types.some((type) => type === "" || type.slice(0, -1).includes("*"))) return undefined;
  const org = options.get("org") ?? undefined;
  const headers = [...options.getAll("token").map(bearerFrom), ...options.getAll("header").map(headerFrom)];
  if (!headers.every((header) => header !== undefined)) return undefined;
  if (new Set(headers.map(({ name }) => name)).size < headers.length) return undefined;
  return org === "" ? undefined : { url: url.href, mode, types, org, headers };
}

function bearerFrom(text: string): SinkHeader | undefined {
  const source = sourceOf(text);
  return source === undefined ? undefined : { name: "authorization", prefix: "Bearer ", source };
}

/** `x-api-key:env:HOOK_KEY` */
function headerFrom(text: string): SinkHeader | undefined {
  const [, given = "", rest = ""] = /^([\w!#$%&'*+.^`|~-]+):(.+)$/u.exec(text) ?? [];
  const name = given.toLowerCase();
  const source = sourceOf(rest);
  return name === "" || TAKEN.test(name) || source === undefined ? undefined : { name, prefix: "", source };
}

function sourceOf(text: string): SinkHeader["source"] | undefined {
  const [, env, file] = /^(?:env:([A-Za-z_]\w*)|file:(.+))$/u.exec(text) ?? [];
  if (env !== undefined) return { env };
  return file === undefined ? undefined : { file };
}

/** Several sinks, each URL once: a list in the file, separated by commas elsewhere. */
export function eventSinks(about: string): Setting<readonly string[]> {
  return {
    default: [],
    about,
    expects:
      "http or https URLs without credentials, each at most once, with the options mode, type, org, token=env:NAME or token=file:PATH, and header=NAME:env:NAME after a #, such as https://hooks.example.com/in#type=com.acme.*&token=env:HOOK_TOKEN",
    isSwitch: false,
    // A token that was written down as such.
    quote: (value) =>
      JSON.stringify(value).replaceAll(/\b(token=|header=)(?!(?:[^&,":]*:)?(?:env|file):)[^&,"]*/gu, "$1\u2026"),
    parse(value) {
      const items: readonly unknown[] | undefined =
        typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : undefined;
      if (items === undefined || !items.every((item) => typeof item === "string")) return undefined;
      const texts = items.map((item) => item.trim()).filter((item) => item !== "");
      const sinks = texts.map(parseEventSink);
      if (sinks.includes(undefined)) return undefined;
      return new Set(sinks.map((sink) => sink?.url)).size === sinks.length ? texts : undefined;
    },
  };
}
