import type { Random } from "../simulation/random.ts";
import type { Operation } from "./syscall-trace.ts";

type FileChange = Extract<Operation, { kind: "write" | "truncate" }>;

interface ModelFile {
  /** What is on the disk whatever happens. */
  durable: Buffer;
  /** What may or may not be, in any part. */
  pending: FileChange[];
  /** How many of those each thread is flushing. */
  readonly flushing: Map<string, number>;
  /** Whether the directory knows the file, whatever happens. */
  named: boolean;
}

const SECTOR = 512;

/**
 * A disk that keeps what was synced and, of the rest, whatever it likes: nothing, all, the first part, any writes, any sectors of any writes. A new file has its name for sure only when its
 * directory was synced. Nothing is assumed of a file system beyond that.
 */
export class DiskModel {
  readonly #directory: string;
  readonly #files = new Map<string, ModelFile>();

  constructor(directory: string, files: ReadonlyMap<string, Buffer>) {
    this.#directory = directory;
    for (const [path, content] of files) this.#files.set(path, newFile(content, true));
  }

  /** Carries out an operation of the trace; what concerns no file of the disk passes. */
  apply(operation: Operation): void {
    if (operation.kind === "send") return;
    if (operation.kind === "sync" && operation.path === this.#directory) {
      for (const file of this.#files.values()) file.named = true;
      return;
    }
    const file = this.#files.get(operation.path);
    switch (operation.kind) {
      case "create":
        if (file === undefined && this.#isOurs(operation.path))
          this.#files.set(operation.path, newFile(Buffer.alloc(0), false));
        return;
      case "unlink":
        if (file !== undefined) throw new Error(`Cannot rebuild crash states: "${operation.path}" is removed`);
        return;
      case "syncBegins":
        file?.flushing.set(operation.thread, file.pending.length);
        return;
      case "sync":
        if (file !== undefined) flushed(file, operation.thread);
        return;
      case "write":
      case "truncate":
        file?.pending.push(operation);
    }
  }

  /** Changes that were not synced yet. */
  get unsynced(): number {
    return [...this.#files.values()].reduce((sum, { pending }) => sum + pending.length, 0);
  }

  /** What is found after the power went now. */
  crashed(random: Random): ReadonlyMap<string, Buffer> {
    const found = new Map<string, Buffer>();
    for (const [path, { durable, pending, named }] of this.#files) {
      if (!named && random.chance(0.5)) continue;
      found.set(path, changed(durable, survivors(pending, random)));
    }
    return found;
  }

  /** The database and its log; other files beside them are not looked at. */
  #isOurs(path: string): boolean {
    return path.startsWith(this.#directory) && path.endsWith(".db-wal");
  }
}

function newFile(durable: Buffer, named: boolean): ModelFile {
  return { durable, pending: [], flushing: new Map(), named };
}

/** A flush has ended: what was pending when it began is durable, unless another thread's flush has made some of it so meanwhile. */
function flushed(file: ModelFile, thread: string): void {
  const count = file.flushing.get(thread) ?? 0;
  file.flushing.delete(thread);
  file.durable = changed(file.durable, file.pending.slice(0, count));
  file.pending = file.pending.slice(count);
  for (const [other, begun] of file.flushing) file.flushing.set(other, Math.max(0, begun - count));
}

function survivors(pending: readonly FileChange[], random: Random): readonly FileChange[] {
  const manner = random.pick(["none", "all", "prefix", "torn prefix", "subset", "sectors"] as const);
  const end = random.between(0, pending.length);
  switch (manner) {
    case "none":
      return [];
    case "all":
      return pending;
    case "prefix":
      return pending.slice(0, end);
    case "torn prefix":
      return pending.slice(0, end + 1).flatMap((change, at) => (at < end ? [change] : sectors(change, random)));
    case "subset":
      return pending.filter(() => random.chance(0.5));
    case "sectors":
      return pending.flatMap((change) => sectors(change, random));
  }
}

/** Any sectors of a write; a change of size happens or does not. */
function sectors(change: FileChange, random: Random): readonly FileChange[] {
  if (change.kind === "truncate") return random.chance(0.5) ? [change] : [];
  const kept: FileChange[] = [];
  for (let at = 0; at < change.data.length;) {
    // The disk's sectors begin at multiples of their size, whatever the write begins at.
    const end = Math.min(change.data.length, at + SECTOR - ((change.offset + at) % SECTOR));
    if (random.chance(0.5)) kept.push({ ...change, offset: change.offset + at, data: change.data.subarray(at, end) });
    at = end;
  }
  return kept;
}

/** A file after some changes; the given content is not touched. */
function changed(content: Buffer, changes: readonly FileChange[]): Buffer {
  if (changes.length === 0) return content;
  const ends = changes.map((change) => (change.kind === "truncate" ? change.size : change.offset + change.data.length));
  const room = Buffer.alloc(Math.max(content.length, ...ends));
  content.copy(room);
  let size = content.length;
  for (const change of changes) {
    if (change.kind === "write") {
      change.data.copy(room, change.offset);
      size = Math.max(size, change.offset + change.data.length);
      continue;
    }
    room.fill(0, change.size, size);
    size = change.size;
  }
  return room.subarray(0, size);
}
