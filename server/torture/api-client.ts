import { Agent, request } from "node:http";

/** A clear refusal: a code of the API and its message. What the connection itself does wrong is any other error. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

const ANSWER_MS_MAX = 60_000;

/** Unary calls in Connect's JSON on connections that stay open: small enough that the load is the server's, not the caller's. */
export class ApiClient {
  readonly #agent: Agent;
  readonly #host: string;
  readonly #port: number;

  constructor(address: string, connections = 64) {
    const [host, port] = address.split(":");
    this.#host = host as string;
    this.#port = Number(port);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  }

  /** Calls `<service>/<method>`. Rejects with Refusal, or with what broke the connection: then nobody knows whether it was done. */
  call<Answer>(method: string, message: object): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(message));
    return this.#send("POST", `/ai.stigmer.${method}`, body, (status, text) => {
      if (status === 200) return JSON.parse(text) as Answer;
      const { code = String(status), message: why = text } = parsed(text);
      throw new Refusal(code, why);
    });
  }

  /** Status of a plain GET. */
  status(path: string): Promise<number> {
    return this.#send("GET", path, undefined, (status) => status);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send<Answer>(
    method: string,
    path: string,
    body: Buffer | undefined,
    read: (status: number, text: string) => Answer,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers =
        body === undefined ? {} : { "content-type": "application/json", "content-length": String(body.length) };
      const options = { agent: this.#agent, host: this.#host, port: this.#port, method, path, headers };
      const outgoing = request({ ...options, timeout: ANSWER_MS_MAX }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject).once("aborted", () => reject(new Error("the answer was cut off")));
        response.once("end", () => {
          try {
            resolve(read(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8")));
          } catch (error) {
            reject(error as Error);
          }
        });
      });
      outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`)));
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }
}

function parsed(text: string): { readonly code?: string; readonly message?: string } {
  try {
    return JSON.parse(text) as { readonly code?: string; readonly message?: string };
  } catch {
    return {};
  }
}
