import { type DestinationStream, type Level, pino } from "pino";

/** Fields of a log line beside its message. `err` may hold an Error. Never put a payload of users here. */
export type LogFields = { readonly [name: string]: unknown };

/** Writes structured lines: first what happened, then about what. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry these fields. */
  child(fields: LogFields): Logger;
}

/** How to log. */
export interface LoggerOptions {
  readonly level: Level | "silent";
  readonly format: "json" | "text";
  /** Where lines go; standard error when absent, so that output of commands stays clean. */
  readonly write?: (line: string) => void;
  /** Removes secret values from a finished line. Applied to everything, whatever field it came by. */
  readonly redact?: (line: string) => string;
}

/** Makes a logger on pino. */
export function createLogger(options: LoggerOptions): Logger {
  const { redact = (line) => line, write = (line) => void process.stderr.write(line) } = options;
  const print = options.format === "json" ? write : (line: string) => write(asText(line));
  const destination: DestinationStream = { write: (line) => print(redact(line)) };
  return wrap(pino({ level: options.level, base: null, messageKey: "message" }, destination));
}

/** A logger that says nothing, for tests. */
export const silentLogger: Logger = createLogger({ level: "silent", format: "json" });

function wrap(logger: pino.Logger): Logger {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

// `12:30:01.250 warn  Timer is late {"ms":1200}`: short enough to read along while it runs.
function asText(line: string): string {
  const { level, time, message, err, ...rest } = JSON.parse(line) as {
    level: number;
    time: number;
    message: string;
    err?: { stack?: string };
  };
  const fields = Object.keys(rest).length === 0 ? "" : ` ${JSON.stringify(rest)}`;
  const stack = err?.stack === undefined ? "" : `\n${err.stack}`;
  const name = pino.levels.labels[level] ?? String(level);
  return `${new Date(time).toISOString().slice(11, 23)} ${name.padEnd(5)} ${message}${fields}${stack}\n`;
}
