import { readFile } from "node:fs/promises";
import type { EventSink, SinkHeader } from "../config/event-sink.ts";

/** A credential that cannot be read or sent. The text says where it should be, never what it is. */
export class SinkCredentialFault extends Error {
  override readonly name = "SinkCredentialFault";
}

/**
 * The headers that prove to a sink who sends. Files are read each time, so that a token that was replaced counts from the next event on; variables are what they were when the process began.
 * Rejects with SinkCredentialFault.
 */
export async function sinkCredentials(
  { url, headers }: EventSink,
  env: { readonly [name: string]: string | undefined },
): Promise<Record<string, string>> {
  const credentials: Record<string, string> = {};
  for (const header of headers) credentials[header.name] = header.prefix + (await valueOf(header, url, env));
  return credentials;
}

async function valueOf(
  { name, source }: SinkHeader,
  url: string,
  env: { readonly [name: string]: string | undefined },
): Promise<string> {
  const place = "env" in source ? `the variable ${source.env}` : `the file "${source.file}"`;
  const refuse = (why: string, cause?: unknown): SinkCredentialFault =>
    new SinkCredentialFault(`Cannot send events to "${url}": the header ${name} comes from ${place}, ${why}`, {
      cause,
    });
  let text: string | undefined;
  try {
    text = "env" in source ? env[source.env] : await readFile(source.file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === "ENOENT" ? "which is not there" : `which cannot be read (${code ?? "unknown"})`, error);
  }
  if (text === undefined) throw refuse("which is not set");
  const value = text.trim();
  if (value === "") throw refuse("which is empty");
  if (!/^[ -~]+$/u.test(value)) throw refuse("which holds more than one line of printable ASCII");
  return value;
}
