/** One way in which a value does not match a schema. */
export interface SchemaError {
  /** JSON pointer into the value; for a missing property, of the object that lacks it. */
  readonly pointer: string;
  /** The schema keyword that objects, such as `required`. */
  readonly keyword: string;
  /** What is wrong, for people: "should be a string, is a number". */
  readonly message: string;
}

/** A schema that cannot be used; `pointer` is the place of the fault in the schema. */
export class SchemaCompileError extends Error {
  override readonly name = "SchemaCompileError";
  readonly pointer: string;

  constructor(message: string, pointer: string) {
    super(message);
    this.pointer = pointer;
  }
}
