import { EVENT_ID, type Event, getScalarValue } from "js-yaml";
import { type Json, setKey } from "../../lib/json.ts";
import type { Diagnostic, DiagnosticCode } from "../diagnostic/diagnostic.ts";
import { resolveCoreScalar } from "./core-scalar.ts";
import { parseCodes, parseLimits } from "./parse-codes.ts";
import { diagnosticAt } from "./positions.ts";
import { type ScalarStyle, type SourceNode, type SourceRange, markOf } from "./source-node.ts";
import type { SourceText } from "./source-text.ts";

/** A value with its place in the text, and how much of it there is once aliases are expanded. */
export interface Built {
  readonly value: Json;
  readonly node: SourceNode;
  readonly values: number;
  readonly scalarLength: number;
  readonly height: number;
}

type NodeEvent = Exclude<Event, { type: typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.POP }>;
type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
type AliasEvent = Extract<Event, { type: typeof EVENT_ID.ALIAS }>;
type CollectionEvent = Extract<Event, { type: typeof EVENT_ID.SEQUENCE | typeof EVENT_ID.MAPPING }>;

const STYLES: readonly ScalarStyle[] = ["plain", "single", "double", "literal", "folded"];
const CORE_TAGS = ["!!str", "!!int", "!!float", "!!bool", "!!null"];

/** Thrown to stop building where going on would be endless or meaningless; the diagnostic is already told. */
export class BuildStopped extends Error {}

/** Builds the JSON value of one document, with places, from the events of the bounded parser; tells what it cannot accept and goes on where it can. */
export class NodeBuilder {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: SourceText;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, Built | "open">();
  #next: number;
  #aliases = 0;
  #lastEnd = 0;

  constructor(source: SourceText, events: readonly Event[], first: number) {
    this.#source = source;
    this.#events = events;
    this.#next = first;
  }

  /** The index of the first event that does not belong to what was built. */
  get next(): number {
    return this.#next;
  }

  /** Builds the next node; undefined at the end of the collection or document. The recursion is as deep as the text, which the parser bounds. */
  build(key?: SourceRange): Built | undefined {
    const event = this.#events[this.#next] as Event;
    this.#next += 1;
    if (event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return undefined;
    if (event.type === EVENT_ID.ALIAS) return this.#alias(event, key);
    const anchor = event.anchorStart < 0 ? undefined : this.#source.text.slice(event.anchorStart, event.anchorEnd);
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const built = this.#node(event, key);
    if (built.height > parseLimits.depthMax)
      this.#stop(
        parseCodes.tooDeep,
        built.node,
        `Cannot read the text: aliases nest it more than ${parseLimits.depthMax} levels deep`,
      );
    if (built.values > parseLimits.valuesMax || built.scalarLength > parseLimits.scalarLengthMax) {
      this.#stop(
        parseCodes.tooManyAliases,
        built.node,
        "Cannot read the text: its aliases expand to more than a definition may hold",
      );
    }
    if (anchor !== undefined) this.#anchors.set(anchor, built);
    return built;
  }

  #node(event: Exclude<NodeEvent, AliasEvent>, key: SourceRange | undefined): Built {
    if (event.type === EVENT_ID.SCALAR) return this.#scalar(event, key);
    const tag = this.#tag(event);
    if (tag !== undefined && tag !== (event.type === EVENT_ID.SEQUENCE ? "!!seq" : "!!map")) this.#badTag(event, tag);
    return event.type === EVENT_ID.SEQUENCE ? this.#sequence(event, key) : this.#mapping(event, key);
  }

  #scalar(event: ScalarEvent, key: SourceRange | undefined): Built {
    const style = STYLES[event.style - 1] ?? "plain";
    const empty = event.valueStart < 0 || event.valueEnd < event.valueStart;
    const text = empty ? "" : getScalarValue(this.#source.text, event);
    const range = empty
      ? { start: this.#lastEnd, end: this.#lastEnd }
      : this.#trimmed(event.valueStart, event.valueEnd, style);
    this.#lastEnd = Math.max(this.#lastEnd, range.end);
    const value = this.#scalarValue(event, text, style, range);
    if (typeof value === "string" && /\p{Surrogate}/u.test(value)) {
      this.#tell(
        parseCodes.characters,
        range,
        "Cannot accept the text: it holds half a surrogate pair, which is no character",
      );
    }
    const node: SourceNode = {
      kind: "scalar",
      ...range,
      ...(key === undefined ? {} : { key }),
      children: NO_CHILDREN,
      scalar: { style, indent: event.indent, value: text },
    };
    return { value, node, values: 1, scalarLength: text.length, height: 0 };
  }

  /** Quoted and plain scalars end where they end; the trailing line break of a block belongs to nobody. */
  #trimmed(start: number, end: number, style: ScalarStyle): SourceRange {
    if (style !== "literal" && style !== "folded") return { start, end };
    const raw = this.#source.text.slice(start, end);
    return { start, end: start + raw.trimEnd().length };
  }

  #scalarValue(event: ScalarEvent, text: string, style: ScalarStyle, range: SourceRange): Json {
    const tag = this.#tag(event);
    if (tag !== undefined && tag !== "!" && !CORE_TAGS.includes(tag)) this.#badTag(event, tag);
    if (tag === "!" || tag === "!!str" || (tag === undefined && style !== "plain")) return text;
    const resolved = resolveCoreScalar(text);
    if ("notJson" in resolved) {
      this.#tell(
        parseCodes.notJson,
        range,
        `Cannot accept "${text}": JSON has no such number`,
        "quote it if it is meant as text",
      );
      return text;
    }
    if (tag !== undefined && CORE_TAGS.includes(tag) && !fitsTag(tag, resolved.value)) this.#badTag(event, tag);
    return resolved.value;
  }

  #sequence(event: CollectionEvent, key: SourceRange | undefined): Built {
    const children = new Map<string, SourceNode>();
    const value: Json[] = [];
    const sum = new Sum();
    this.#lastEnd = Math.max(this.#lastEnd, event.start);
    for (let item = this.build(); item !== undefined; item = this.build()) {
      children.set(String(value.length), item.node);
      value.push(item.value);
      sum.add(item);
    }
    return { value, ...sum.total(), node: this.#collection("sequence", event, key, children) };
  }

  #mapping(event: CollectionEvent, key: SourceRange | undefined): Built {
    const entries = new Map<string, Built>();
    const merges: Built[] = [];
    this.#lastEnd = Math.max(this.#lastEnd, event.start);
    for (;;) {
      const keyEvent = this.#events[this.#next] as Event;
      if (keyEvent.type === EVENT_ID.POP || keyEvent.type === EVENT_ID.DOCUMENT) {
        this.#next += 1;
        break;
      }
      this.#entry(keyEvent, entries, merges);
    }
    for (const merged of merges) this.#merge(merged, entries);
    return this.#mappingOf(entries, event, key);
  }

  #entry(keyEvent: Event, entries: Map<string, Built>, merges: Built[]): void {
    const built = this.build() as Built;
    const isText = keyEvent.type === EVENT_ID.SCALAR;
    const mark = isText ? markOf(built.node) : { start: built.node.start, end: built.node.start + 1 };
    if (!isText)
      this.#tell(
        parseCodes.key,
        mark,
        "Cannot use a list, a mapping or an alias as a key: it should be a text",
        "put it in quotes if it is meant as text",
      );
    const value = this.build(mark);
    if (value === undefined) throw new BuildStopped();
    if (!isText) return;
    const name = built.node.scalar?.value ?? "";
    if (name === "<<" && built.node.scalar?.style === "plain") {
      merges.push(value);
      return;
    }
    if (entries.has(name)) {
      const first = this.#source.position(entries.get(name)?.node.key?.start ?? 0);
      this.#tell(
        parseCodes.duplicateKey,
        mark,
        `Cannot use the key "${shortened(name)}" twice: it already stands at line ${first.line}, keys should be unique`,
      );
      return;
    }
    entries.set(name, value);
  }

  #mappingOf(entries: ReadonlyMap<string, Built>, event: CollectionEvent, key: SourceRange | undefined): Built {
    const value: Record<string, Json> = {};
    const children = new Map<string, SourceNode>();
    const sum = new Sum();
    for (const [name, entry] of entries) {
      setKey(value, name, entry.value);
      children.set(name, entry.node);
      sum.add(entry, name.length);
    }
    return { value, ...sum.total(), node: this.#collection("mapping", event, key, children) };
  }

  /** Keys that stand in the mapping win over merged ones, earlier merges over later ones. */
  #merge(merged: Built, entries: Map<string, Built>): void {
    const { node, value } = merged;
    if (node.kind === "sequence" && Array.isArray(value)) {
      for (const [index, child] of node.children)
        this.#merge({ ...merged, node: child, value: (value as Json[])[Number(index)] as Json }, entries);
      return;
    }
    if (node.kind !== "mapping") {
      this.#tell(
        parseCodes.merge,
        node.end > node.start ? node : (node.key ?? node),
        "Cannot merge this value: it should be a mapping, or a list of mappings",
      );
      return;
    }
    const perEntry = Math.ceil(merged.scalarLength / Math.max(1, node.children.size));
    for (const [name, child] of node.children) {
      if (entries.has(name)) continue;
      const childValue = (value as Readonly<Record<string, Json>>)[name] as Json;
      entries.set(name, {
        value: childValue,
        node: child,
        values: merged.values,
        scalarLength: perEntry,
        height: Math.max(0, merged.height - 1),
      });
    }
  }

  #alias(event: AliasEvent, key: SourceRange | undefined): Built {
    this.#aliases += 1;
    const name = this.#source.text.slice(event.anchorStart, event.anchorEnd);
    const range = { start: event.anchorStart - 1, end: event.anchorEnd };
    this.#lastEnd = Math.max(this.#lastEnd, range.end);
    if (this.#aliases > parseLimits.aliasesMax) {
      this.#stop(
        parseCodes.tooManyAliases,
        range,
        `Cannot read the text: it has more than ${parseLimits.aliasesMax} aliases`,
      );
    }
    const target = this.#anchors.get(name);
    if (target === undefined)
      this.#stop(
        parseCodes.alias,
        range,
        `Cannot find the anchor "${name}": no value before this one is marked "&${name}"`,
      );
    if (target === "open")
      this.#stop(parseCodes.alias, range, `Cannot use the alias "${name}" here: the value would contain itself`);
    const node: SourceNode = { ...target.node, ...range };
    if (key !== undefined) return { ...target, node: { ...node, key } };
    const { key: _anchorKey, ...withoutKey } = node;
    return { ...target, node: withoutKey };
  }

  #collection(
    kind: "sequence" | "mapping",
    event: CollectionEvent,
    key: SourceRange | undefined,
    children: ReadonlyMap<string, SourceNode>,
  ): SourceNode {
    return {
      kind,
      start: event.start,
      end: Math.max(event.start, this.#lastEnd),
      ...(key === undefined ? {} : { key }),
      children,
    };
  }

  #tag(event: Exclude<NodeEvent, AliasEvent>): string | undefined {
    if (event.tagStart < 0) return undefined;
    const tag = this.#source.text.slice(event.tagStart, event.tagEnd);
    return tag.replace(/^!<tag:yaml\.org,2002:(.*)>$/u, "!!$1");
  }

  #badTag(event: Exclude<NodeEvent, AliasEvent>, tag: string): void {
    const range = { start: event.tagStart, end: event.tagEnd };
    this.#tell(
      parseCodes.tag,
      range,
      `Cannot use the tag "${shortened(tag)}": it has no meaning here`,
      "remove it, or quote the value if it is meant as text",
    );
  }

  #tell(code: DiagnosticCode, range: SourceRange, message: string, hint?: string): void {
    if (this.diagnostics.length >= DIAGNOSTICS_MAX) return;
    this.diagnostics.push(diagnosticAt(this.#source, range, { code, message, pointer: "", hint }));
  }

  #stop(code: DiagnosticCode, range: SourceRange, message: string): never {
    this.#tell(code, { start: range.start, end: Math.max(range.end, range.start + 1) }, message);
    throw new BuildStopped();
  }
}

const NO_CHILDREN: ReadonlyMap<string, SourceNode> = new Map();

/** More faults of one text are not told: the first ones cause the rest. */
const DIAGNOSTICS_MAX = 50;

/** Adds up the sizes of what is inside a collection. */
class Sum {
  #values = 1;
  #scalarLength = 0;
  #height = 0;

  add(built: Built, keyLength = 0): void {
    this.#values += built.values;
    this.#scalarLength += built.scalarLength + keyLength;
    this.#height = Math.max(this.#height, built.height);
  }

  total(): { readonly values: number; readonly scalarLength: number; readonly height: number } {
    return { values: this.#values, scalarLength: this.#scalarLength, height: this.#height + 1 };
  }
}

function fitsTag(tag: string, value: Json): boolean {
  if (tag === "!!null") return value === null;
  if (tag === "!!bool") return typeof value === "boolean";
  return typeof value === "number" && (tag === "!!float" || Number.isInteger(value));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
