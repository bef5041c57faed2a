import { isLoopback } from "./interceptors/host-origin.ts";

/** The address cannot be listened on; its text says why and what to do, and is shown as it is. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Refuses an address beyond this machine unless it was spelled out that this is meant: there is neither encryption nor sign-in yet. */
export function refuseOpenBind(host: string, isInsecure: boolean): void {
  if (isInsecure || isLoopback(host)) return;
  throw new ListenError(
    `Cannot listen on "${host}": it can be reached from other machines, and calls are neither encrypted nor signed in. Use 127.0.0.1, or add --insecure if that is meant`,
  );
}

/** Says in one line why listening failed. */
export function listenError(error: unknown, host: string, port: number): unknown {
  const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  switch ((error as NodeJS.ErrnoException).code ?? "") {
    case "EADDRINUSE":
      return new ListenError(
        `Cannot listen on ${where}: another program does, perhaps another Stigmer; stop it or choose another port with --port`,
        { cause: error },
      );
    case "EACCES":
      return new ListenError(
        `Cannot listen on ${where}: the system does not allow it, ports below 1024 need more rights; choose another with --port`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ListenError(
        `Cannot listen on ${where}: this machine has no such address; choose another with --host`,
        { cause: error },
      );
    default:
      return error;
  }
}
