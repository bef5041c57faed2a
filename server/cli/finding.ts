/** One thing `stigmer doctor` looked at: `bad` keeps a server from starting, a `note` only narrows what it can do. */
export interface Finding {
  readonly state: "ok" | "note" | "bad";
  readonly what: string;
  readonly says: string;
}
