/** A document that cannot be compiled: what `check` would have refused at apply. Thrown by `compileProgram` only; inside a run it becomes a configuration fault. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  /** Where in the document. */
  readonly pointer: string;

  constructor(message: string, pointer: string) {
    super(`${message} (at ${pointer === "" ? "the document's root" : pointer})`);
    this.pointer = pointer;
  }
}
