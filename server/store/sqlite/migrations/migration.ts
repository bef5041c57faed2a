/** A step from one schema version to the next. Applied in a transaction together with its number; never changed once released. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
