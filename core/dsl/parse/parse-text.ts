import { EVENT_ID, type Event, YAMLException, parseEvents } from "js-yaml";
import { type Json, isJsonObject } from "../../lib/json.ts";
import type { Diagnostic, DiagnosticCode } from "../diagnostic/diagnostic.ts";
import { type Built, BuildStopped, NodeBuilder } from "./node-builder.ts";
import { parseCodes, parseLimits } from "./parse-codes.ts";
import { Positions, diagnosticAt } from "./positions.ts";
import type { SourceRange } from "./source-node.ts";
import { SourceText } from "./source-text.ts";

/** One document of a text. `value` is absent where the text could not be read; with errors it is what could be made of it, never to be run. */
export interface ParsedDocument {
  readonly value?: Json;
  readonly positions: Positions;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a stream of YAML 1.2 or JSON documents, never throwing, in time bounded by the limits: the size is checked first, then a parser that bounds nesting makes events, and values
 * and places are built from these. Empty documents between separators are left out; a text that cannot be read is one document with diagnostics.
 */
export function parseStream(text: string, options: { readonly file?: string } = {}): readonly ParsedDocument[] {
  const source = new SourceText(text.startsWith("\uFEFF") ? text.slice(1) : text, options.file);
  const refusal = refuseBeforeParsing(source);
  if (refusal !== undefined) return [unread(source, [refusal])];
  let events: readonly Event[];
  try {
    events = parseEvents(source.text, { maxDepth: parseLimits.depthMax });
  } catch (error) {
    return [unread(source, [syntaxDiagnostic(source, error)])];
  }
  const documents: ParsedDocument[] = [];
  let next = 0;
  while (next < events.length) {
    // The event at `next` opens a document; a node, or nothing, and the end of the document follow.
    const builder = new NodeBuilder(source, events, next + 1);
    const document = buildDocument(source, builder);
    if (document !== undefined) documents.push(document);
    next = Math.max(builder.next, next + 1);
    while (next < events.length && events[next]?.type !== EVENT_ID.DOCUMENT) next += 1;
  }
  return documents;
}

/** Reads a text that holds exactly one document, which should be a mapping. */
export function parseText(text: string, options: { readonly file?: string } = {}): ParsedDocument {
  const [first, second] = parseStream(text, options);
  if (first === undefined) {
    const source = new SourceText(text, options.file);
    return unread(source, [
      tell(
        source,
        parseCodes.notObject,
        { start: 0, end: 0 },
        "Cannot read a workflow: the text is empty",
        EXAMPLE_HINT,
      ),
    ]);
  }
  if (second !== undefined) {
    const { source, root } = second.positions;
    const mark = { start: root.start, end: root.start + 1 };
    const hint = "remove the `---`, or put each workflow into its own file";
    const several = tell(
      source,
      parseCodes.documents,
      mark,
      "Cannot read a second document: exactly one is expected here",
      hint,
    );
    return { ...first, diagnostics: [...first.diagnostics, several] };
  }
  if (first.value === undefined || isJsonObject(first.value) || first.diagnostics.length > 0) return first;
  const { source, root } = first.positions;
  const mark = { start: root.start, end: Math.max(root.start + 1, Math.min(root.end, root.start + 20)) };
  const refusal = tell(
    source,
    parseCodes.notObject,
    mark,
    "Cannot read a workflow: the text is not a mapping of keys to values",
    EXAMPLE_HINT,
  );
  return { ...first, diagnostics: [refusal] };
}

const EXAMPLE_HINT = "a workflow has at least the keys `document` and `do`";

function buildDocument(source: SourceText, builder: NodeBuilder): ParsedDocument | undefined {
  let built: Built | undefined;
  try {
    built = builder.build();
  } catch (error) {
    if (!(error instanceof BuildStopped)) throw error;
    return unread(source, builder.diagnostics);
  }
  if (built === undefined) return undefined;
  const { node, value } = built;
  if (value === null && node.end === node.start && builder.diagnostics.length === 0) return undefined;
  return { value, positions: new Positions(source, node), diagnostics: builder.diagnostics };
}

function unread(source: SourceText, diagnostics: readonly Diagnostic[]): ParsedDocument {
  const root = { kind: "scalar", start: 0, end: 0, children: new Map<string, never>() } as const;
  return { positions: new Positions(source, root), diagnostics };
}

function refuseBeforeParsing(source: SourceText): Diagnostic | undefined {
  const { text } = source;
  if (text.length > parseLimits.textLengthMax) {
    const message = `Cannot read the text: it has ${text.length} characters, at most ${parseLimits.textLengthMax} are allowed`;
    return tell(source, parseCodes.tooLarge, { start: 0, end: 0 }, message);
  }
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
  const bad = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\p{Surrogate}]/u.exec(text);
  if (bad === null) return undefined;
  const code = (bad[0].codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
  const what = /\p{Surrogate}/u.test(bad[0]) ? "half a surrogate pair" : "a control character";
  const range = { start: bad.index, end: bad.index + 1 };
  return tell(
    source,
    parseCodes.characters,
    range,
    `Cannot read the text: U+${code} is ${what}, texts should be UTF-8`,
  );
}

/** Turns what the parser objects to into a diagnostic; anything but its own exception is a fault of ours. */
function syntaxDiagnostic(source: SourceText, error: unknown): Diagnostic {
  if (!(error instanceof YAMLException)) throw error;
  const start = Math.min(Math.max(0, error.mark?.position ?? 0), source.text.length);
  const { reason } = error;
  if (reason.includes("maxDepth")) {
    return tell(
      source,
      parseCodes.tooDeep,
      oneCharacter(start),
      `Cannot read the text: nesting exceeds ${parseLimits.depthMax} levels`,
    );
  }
  const tab = tabInIndentation(source, start);
  if (tab !== undefined) {
    return tell(
      source,
      parseCodes.tab,
      oneCharacter(tab),
      "Cannot read the text: it is indented with a tab, YAML is indented with spaces",
      "replace the tab by spaces",
    );
  }
  const place = atEnd(source, start) ? Math.max(0, source.text.trimEnd().length - 1) : start;
  return tell(
    source,
    parseCodes.syntax,
    oneCharacter(place),
    `Cannot read the text: ${reason}`,
    hintFor(source, reason, start),
  );
}

function oneCharacter(start: number): SourceRange {
  return { start, end: start + 1 };
}

function atEnd(source: SourceText, offset: number): boolean {
  return source.text.slice(offset).trim() === "";
}

/** The tab in the white space before an offset on its line, if there is one. */
function tabInIndentation(source: SourceText, offset: number): number | undefined {
  const lineStart = source.lineStart(source.position(offset).line);
  const indentation = /^[ \t]*/u.exec(source.text.slice(lineStart, lineStart + 1000))?.[0] ?? "";
  const tab = indentation.indexOf("\t");
  return tab < 0 || offset > lineStart + indentation.length + 1 ? undefined : lineStart + tab;
}

function hintFor(source: SourceText, reason: string, offset: number): string | undefined {
  const { line } = source.position(offset);
  const text = source.text.slice(source.lineStart(line), source.lineStart(line + 1));
  if (reason.includes("bad indentation of a mapping entry") || reason.includes("implicit key")) {
    return /:\s.*:\s/u.test(text)
      ? "quote the value: a text with `: ` in it needs quotes"
      : "check the indentation: keys of the same mapping start in the same column";
  }
  if (reason.includes("flow collection"))
    return "a `{` or `[` is not closed, or a comma is missing; quote the value if it is meant as text";
  if (reason.includes("quoted scalar")) return "the closing quote is missing";
  if (reason.includes("document separator"))
    return "check the indentation: this line does not belong to the mapping before it";
  return undefined;
}

function tell(
  source: SourceText,
  code: DiagnosticCode,
  range: SourceRange,
  message: string,
  hint?: string,
): Diagnostic {
  return diagnosticAt(source, range, { code, message, pointer: "", hint });
}
