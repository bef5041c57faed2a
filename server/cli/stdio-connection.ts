import {
  type Connection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  createConnection,
} from "vscode-languageserver/node.js";

/** A connection to the editor over standard input and output. In a file of its own because a dynamic import of the library, which is CommonJS, would lose its names in the bundle. */
export function stdioConnection(): Connection {
  return createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(process.stdin),
    new StreamMessageWriter(process.stdout),
  );
}
