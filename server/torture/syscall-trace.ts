import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** What the threads of a traced process did to the world, in order. Paths are those of the files, whichever descriptor was used. */
export type Operation =
  | { readonly kind: "write"; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  /** A thread begins to flush a file: what was written before is durable once it has ended (`sync`), what is written meanwhile may not be. */
  | { readonly kind: "syncBegins"; readonly path: string; readonly thread: string }
  | { readonly kind: "sync"; readonly path: string; readonly thread: string }
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "unlink"; readonly path: string }
  /** Bytes that left by a socket. */
  | { readonly kind: "send"; readonly data: Buffer };

/** Calls that change files, flush them or answer; what only would say that a change went another way is named too, to be refused. */
const CALLS =
  "openat,pwrite64,pwritev,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,link,write,writev,sendto,sendmsg,io_uring_enter";

/** Arguments of strace for a trace of all threads that `readTrace` reads. */
export function traceInto(file: string): readonly string[] {
  const all = ["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "67108864"];
  return ["strace", "-D", ...all, "-e", `trace=${CALLS}`, "-o", file];
}

/** Reads a trace. Throws on a call that changes files in a way this does not know: what is not modelled proves nothing. */
export async function readTrace(file: string): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  const unfinished = new Map<string, string>();
  for await (const line of createInterface({ input: createReadStream(file, "latin1") })) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/su.exec(line) ?? [];
    // A call of one thread that another interrupts is told in two parts.
    if (text.endsWith(UNFINISHED)) {
      const begun = text.slice(0, -UNFINISHED.length);
      unfinished.set(thread, begun);
      operations.push(...beginning(begun, thread));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/su.exec(text);
    if (resumed === null) operations.push(...beginning(text, thread), ...ending(text, thread));
    else operations.push(...ending(`${unfinished.get(thread) ?? ""}${resumed[1] ?? ""}`, thread));
  }
  return operations;
}

const UNFINISHED = " <unfinished ...>";
const HEX = /"((?:\\x[0-9a-f]{2})*)"/gu;

/** What counts from its beginning on: a flush covers only what was written before, and bytes may leave as soon as they are given to a socket. */
function beginning(call: string, thread: string): readonly Operation[] {
  const name = nameOf(call);
  const path = pathOf(call);
  if (name === "fsync" || name === "fdatasync") return [{ kind: "syncBegins", path, thread }];
  if (!["write", "writev", "sendto", "sendmsg"].includes(name) || !/^(?:TCP|socket)/u.test(path)) return [];
  return [{ kind: "send", data: Buffer.concat(stringsOf(call)) }];
}

/** What counts from its end on: a change of a file that succeeded. */
function ending(call: string, thread: string): readonly Operation[] {
  const end = call.lastIndexOf(" = ");
  const result = Number.parseInt(call.slice(end + 3), 10);
  if (end < 0 || !(result >= 0)) return [];
  const path = pathOf(call);
  const strings = stringsOf(call);
  const [, last = ""] = /, (\d+)\) += /u.exec(call.slice(Math.max(0, end - 40), end + 3)) ?? [];
  switch (nameOf(call)) {
    case "pwrite64":
      return [{ kind: "write", path, offset: Number(last), data: (strings[0] as Buffer).subarray(0, result) }];
    case "ftruncate":
      return [{ kind: "truncate", path, size: Number(last) }];
    case "fsync":
    case "fdatasync":
      return [{ kind: "sync", path, thread }];
    case "openat":
      return call.includes("O_CREAT") ? [{ kind: "create", path: String(strings[0]) }] : [];
    case "unlink":
    case "unlinkat":
      return [{ kind: "unlink", path: String(strings.at(-1)) }];
    case "pwritev":
    case "rename":
    case "link":
    case "io_uring_enter":
      throw new Error(`Cannot rebuild crash states: the trace has ${nameOf(call)}, which is not modelled`);
    default:
      return [];
  }
}

function nameOf(call: string): string {
  return call.slice(0, call.indexOf("("));
}

/** The file behind the descriptor that a call begins with. */
function pathOf(call: string): string {
  const [, target = ""] = /^\w+\(\d+<([^>]*)>/u.exec(call) ?? [];
  return target.includes("\\x") ? bytes(target).toString("utf8") : target;
}

function stringsOf(call: string): readonly Buffer[] {
  return [...call.matchAll(HEX)].map(([, hex]) => bytes(hex as string));
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}
