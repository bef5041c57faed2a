import type { Setting } from "./setting.ts";

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
}

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
  for (const key of options.keys()) if (!["mode", "type", "org"].includes(key)) return undefined;
  if (options.getAll("mode").length > 1 || options.getAll("org").length > 1) return undefined;
  const mode = options.get("mode") ?? "structured";
  if (mode !== "structured" && mode !== "binary") return undefined;
  const types = options.getAll("type");
  if (types.some((type) => type === "" || type.slice(0, -1).includes("*"))) return undefined;
  const org = options.get("org") ?? undefined;
  return org === "" ? undefined : { url: url.href, mode, types, org };
}

/** Several sinks, each URL once: a list in the file, separated by commas elsewhere. */
export function eventSinks(about: string): Setting<readonly string[]> {
  return {
    default: [],
    about,
    expects:
      "http or https URLs without credentials, each at most once, with the options mode, type and org after a #, such as https://hooks.example.com/in#mode=binary&type=com.acme.*",
    isSwitch: false,
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
