import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { explainCode } from "@stigmer/core/check/catalogue.ts";
import { within } from "@stigmer/core/check/editor/document-tree.ts";
import { EditorDocument } from "@stigmer/core/check/editor/editor.ts";
import type { OutlineEntry } from "@stigmer/core/check/editor/symbols.ts";
import { type Diagnostic as Found } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import { formatWorkflow } from "@stigmer/core/dsl/format.ts";
import type { SourceRange } from "@stigmer/core/dsl/parse/source-node.ts";
import {
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  type DocumentSymbol,
  LSPErrorCodes,
  type Position,
  type Range,
  ResponseError,
  SymbolKind,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { version } from "../config/version.ts";

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/** Serves editors on a connection: diagnostics as a definition is written, hover, completion, go to definition, references, rename, outline, formatting. */
export function serveEditors(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  connection.onInitialize(() => ({
    serverInfo: { name: "stigmer", version },
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      hoverProvider: true,
      definitionProvider: true,
      referencesProvider: true,
      renameProvider: { prepareProvider: true },
      documentSymbolProvider: true,
      documentFormattingProvider: true,
      completionProvider: { triggerCharacters: [":", " "] },
    },
  }));
  documents.onDidChangeContent(({ document }) => {
    const { diagnostics } = loadWorkflow(document.getText());
    void connection.sendDiagnostics({
      uri: document.uri,
      version: document.version,
      diagnostics: diagnostics.map(shown),
    });
  });
  documents.onDidClose(({ document }) => void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] }));
  const at = (uri: string, position: Position) => {
    const document = documents.get(uri);
    if (document === undefined) return undefined;
    const range = ({ start, end }: SourceRange): Range => ({
      start: document.positionAt(start),
      end: document.positionAt(end),
    });
    return { editor: new EditorDocument(document.getText()), offset: document.offsetAt(position), range };
  };
  connection.onHover(({ textDocument: { uri }, position }) => {
    const place = at(uri, position);
    const found = place?.editor.hover(place.offset);
    return place === undefined || found === undefined
      ? null
      : { contents: { kind: "markdown", value: found.text }, range: place.range(found.range) };
  });
  connection.onDefinition(({ textDocument: { uri }, position }) => {
    const place = at(uri, position);
    const found = place?.editor.definition(place.offset);
    return place === undefined || found === undefined ? null : { uri, range: place.range(found) };
  });
  connection.onReferences(({ textDocument: { uri }, position, context }) => {
    const place = at(uri, position);
    const found = place?.editor.references(place.offset) ?? [];
    return (context.includeDeclaration ? found : found.slice(1)).flatMap((one) =>
      place === undefined ? [] : [{ uri, range: place.range(one) }],
    );
  });
  connection.onPrepareRename(({ textDocument: { uri }, position }) => {
    const place = at(uri, position);
    const found = place?.editor.references(place.offset).find((one) => within(one, place.offset));
    return place === undefined || found === undefined ? null : place.range(found);
  });
  connection.onRenameRequest(({ textDocument: { uri }, position, newName }) => {
    const place = at(uri, position);
    const edits = place?.editor.rename(place.offset, newName);
    if (place === undefined || edits === undefined) return null;
    if ("refused" in edits) return new ResponseError(LSPErrorCodes.RequestFailed, edits.refused);
    return { changes: { [uri]: edits.map(({ range, text }) => ({ range: place.range(range), newText: text })) } };
  });
  connection.onDocumentSymbol(({ textDocument: { uri } }) => {
    const place = at(uri, { line: 0, character: 0 });
    const symbol = (entry: OutlineEntry): DocumentSymbol[] =>
      place === undefined
        ? []
        : [
            {
              name: entry.name,
              detail: entry.kind,
              kind: SymbolKind.Function,
              range: place.range(entry.range),
              selectionRange: place.range(entry.nameRange),
              children: entry.tasks.flatMap(symbol),
            },
          ];
    return place?.editor.outline().flatMap(symbol) ?? [];
  });
  connection.onDocumentFormatting(({ textDocument: { uri } }) => {
    const document = documents.get(uri);
    const text = document?.getText();
    const formatted = text === undefined ? undefined : formatWorkflow(text);
    // A text that cannot be read is left as it is: its diagnostics say why.
    if (document === undefined || text === undefined || formatted === undefined || formatted.text === text) return [];
    const whole = { start: document.positionAt(0), end: document.positionAt(text.length) };
    return [{ range: whole, newText: formatted.text }];
  });
  connection.onCompletion(({ textDocument: { uri }, position }) => {
    const place = at(uri, position);
    return place === undefined ? [] : [...place.editor.complete(place.offset)];
  });
  documents.listen(connection);
  connection.listen();
}

function shown({ code, severity, message, hint, line, column, endLine, endColumn }: Found): Diagnostic {
  const summary = explainCode(code)?.name;
  return {
    severity: SEVERITIES[severity],
    code,
    source: summary === undefined ? "stigmer" : `stigmer ${summary}`,
    message: hint === undefined ? message : `${message}\n${hint}`,
    range: { start: { line: line - 1, character: column - 1 }, end: { line: endLine - 1, character: endColumn - 1 } },
  };
}
