import { parsePointer } from "../../lib/json-pointer.ts";
import type { Diagnostic, Finding } from "../diagnostic/diagnostic.ts";
import { type SourceNode, type SourceRange, markOf, spanInScalar } from "./source-node.ts";
import type { SourceText } from "./source-text.ts";

/** Where the values of a document stand in its text, by JSON pointer. */
export class Positions {
  readonly source: SourceText;
  readonly root: SourceNode;

  constructor(source: SourceText, root: SourceNode) {
    this.source = source;
    this.root = root;
  }

  /** The node a pointer leads to; undefined where there is none. */
  node(pointer: string): SourceNode | undefined {
    let node: SourceNode | undefined = this.root;
    for (const segment of parsePointer(pointer) ?? []) node = node?.children.get(segment);
    return node;
  }

  /** The node a pointer leads to, or the nearest node above that exists. */
  nearest(pointer: string): SourceNode {
    let node = this.root;
    for (const segment of parsePointer(pointer) ?? []) {
      const child = node.children.get(segment);
      if (child === undefined) return node;
      node = child;
    }
    return node;
  }

  /** Where the value at a pointer is best marked. */
  value(pointer: string): SourceRange {
    return markOf(this.nearest(pointer));
  }

  /** Where the key of the value at a pointer stands; the value where it has no key, as in lists. */
  key(pointer: string): SourceRange {
    const node = this.nearest(pointer);
    return node.key ?? markOf(node);
  }

  /** Places a finding in the text. */
  place(finding: Finding): Diagnostic {
    return diagnosticAt(this.source, this.#range(finding), finding);
  }

  #range({ pointer, at, span }: Finding): SourceRange {
    if (at === "key") return this.key(pointer);
    const node = this.node(pointer);
    if (span === undefined || node === undefined || node.kind !== "scalar") return this.value(pointer);
    return spanInScalar(this.source.text, node, span.offset, span.length);
  }
}

/** Makes a diagnostic of a finding whose range is known. */
export function diagnosticAt(source: SourceText, range: SourceRange, finding: Finding): Diagnostic {
  const start = source.position(range.start);
  const end = source.position(Math.max(range.end, range.start));
  const shown = source.shownLine(start.line, start.column);
  return {
    code: finding.code.code,
    severity: finding.code.severity,
    message: finding.message,
    ...(source.file === undefined ? {} : { file: source.file }),
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    pointer: finding.pointer,
    ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    sourceLine: shown.text,
    sourceColumnOffset: shown.columnOffset,
  };
}
