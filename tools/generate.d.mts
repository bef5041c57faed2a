/** Generates all code into `outDir`, which is emptied first. */
export function generate(outDir: string): Promise<void>;
/** Compiles and lints the .proto files; rejects with buf's text on a fault. */
export function lint(): Promise<void>;
/** Digests of the wire shape as the text of api/wire.lock.json. */
export function wireLock(): Promise<string>;
/** Prints `buf/validate/validate.proto` below `dir`. */
export function writeValidateProto(dir: string): Promise<void>;
/** The compiled .proto files with their comments, as a binary google.protobuf.FileDescriptorSet. */
export function compiledFiles(): Promise<Uint8Array>;
