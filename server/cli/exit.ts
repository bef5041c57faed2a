/** Exit statuses of every command; scripts rely on them. */
export const exit = {
  ok: 0,
  /** The run or the operation failed. */
  failed: 1,
  usage: 2,
  /** The definition or the input is not valid. */
  invalid: 3,
  unauthorized: 4,
  /** Not found, or in conflict with what is there. */
  notFound: 5,
  /** The time given with --timeout passed. */
  timeout: 6,
  unreachable: 7,
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

/** An error a person can act on: printed as `error: <message>` and `help: <hint>`, never with a stack trace. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}
