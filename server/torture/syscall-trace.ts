import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** What a traced process did to the world, in order. Paths are as the process gave them. */
export type Operation =
  | { readonly kind: "write"; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "unlink"; readonly path: string }
  /** Bytes that left by a socket. */
  | { readonly kind: "send"; readonly data: Buffer };

/** Arguments of strace for a trace that `readTrace` reads. */
export function traceInto(file: string): readonly string[] {
  const calls = "openat,pwrite64,pwritev,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,link,write,writev";
  return [
    "strace",
    "-D",
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-y",
    "-xx",
    "-s",
    "67108864",
    "-e",
    `trace=${calls}`,
    "-o",
    file,
  ];
}

/** Reads a trace. Throws on a call that changes files in a way this does not know: what is not modelled proves nothing. */
export async function readTrace(file: string): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  const unfinished = new Map<string, string>();
  for await (const line of createInterface({ input: createReadStream(file, "latin1") })) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/su.exec(line) ?? [];
    // A call of one thread that another interrupts is told in two parts; it took place by its end.
    if (text.endsWith(" <unfinished ...>")) {
      unfinished.set(thread, text.slice(0, -" <unfinished ...>".length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/su.exec(text);
    const whole = resumed === null ? text : `${unfinished.get(thread) ?? ""}${resumed[1] ?? ""}`;
    const operation = operationOf(whole);
    if (operation !== undefined) operations.push(operation);
  }
  return operations;
}

const HEX = /"((?:\\x[0-9a-f]{2})*)"/gu;

function operationOf(call: string): Operation | undefined {
  const end = call.lastIndexOf(" = ");
  const name = call.slice(0, call.indexOf("("));
  const result = Number.parseInt(call.slice(end + 3), 10);
  if (end < 0 || result < 0) return undefined;
  const strings = [...call.matchAll(HEX)].map(([, hex]) => bytes(hex as string));
  const [, target = ""] = /^\w+\(\d+<([^>]*)>/u.exec(call) ?? [];
  const path = target.includes("\\x") ? bytes(target).toString("utf8") : target;
  const [, last = ""] = /, (\d+)\) += /u.exec(call.slice(Math.max(0, end - 40), end + 3)) ?? [];
  switch (name) {
    case "pwrite64":
      return { kind: "write", path, offset: Number(last), data: (strings[0] as Buffer).subarray(0, result) };
    case "ftruncate":
      return { kind: "truncate", path, size: Number(last) };
    case "fsync":
    case "fdatasync":
      return { kind: "sync", path };
    case "openat":
      return call.includes("O_CREAT") ? { kind: "create", path: String(strings[0]) } : undefined;
    case "unlink":
    case "unlinkat":
      return { kind: "unlink", path: String(strings[0]) };
    case "write":
    case "writev":
      return /^(?:TCP|socket)/u.test(path)
        ? { kind: "send", data: Buffer.concat(strings).subarray(0, result) }
        : undefined;
    case "pwritev":
    case "rename":
    case "link":
      throw new Error(`Cannot rebuild crash states: the trace has ${name}, which is not modelled`);
    default:
      return undefined;
  }
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}
