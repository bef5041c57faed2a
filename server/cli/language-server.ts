import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { explainCode } from "@stigmer/core/check/catalogue.ts";
import { EditorDocument } from "@stigmer/core/check/editor/editor.ts";
import { type Diagnostic as Found } from "@stigmer/core/dsl/diagnostic/diagnostic.ts";
import {
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
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

/** Serves editors on a connection: diagnostics as a definition is written, hover, completion, go to definition. */
export function serveEditors(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  connection.onInitialize(() => ({
    serverInfo: { name: "stigmer", version },
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      hoverProvider: true,
      definitionProvider: true,
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
  connection.onHover(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    const found = document && new EditorDocument(document.getText()).hover(document.offsetAt(position));
    if (document === undefined || found === undefined) return null;
    const { start, end } = found.range;
    return {
      contents: { kind: "markdown", value: found.text },
      range: { start: document.positionAt(start), end: document.positionAt(end) },
    };
  });
  connection.onDefinition(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    const found = document && new EditorDocument(document.getText()).definition(document.offsetAt(position));
    if (document === undefined || found === undefined) return null;
    return {
      uri: document.uri,
      range: { start: document.positionAt(found.start), end: document.positionAt(found.end) },
    };
  });
  connection.onCompletion(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (document === undefined) return [];
    return [...new EditorDocument(document.getText()).complete(document.offsetAt(position))];
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
