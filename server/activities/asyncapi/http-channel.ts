import { getKey } from "@stigmer/core/lib/json.ts";
import { httpUrl } from "../activity-arguments.ts";
import { sendHttpCall } from "../http/http.ts";
import type { BrokerProtocol } from "./broker-target.ts";

/** Publishing over HTTP: a request to the channel's path, by the method of the operation's binding (POST without one). Nothing can be consumed: the other side would have to call us. */
export const httpProtocol: BrokerProtocol = {
  async publish(target, message, { services, context }) {
    const method = getKey(target.bindings, "method");
    const port = target.port === undefined ? "" : `:${target.port}`;
    const path = `${target.path.replace(/\/+$/u, "")}/${target.address.replace(/^\/+/u, "")}`;
    const url = httpUrl(`${target.tls ? "https" : "http"}://${target.host}${port}${path}`, "server");
    await sendHttpCall(
      {
        method: typeof method === "string" ? method.toUpperCase() : "POST",
        url,
        headers: { "content-type": target.contentType, ...message.headers },
        body: message.payload,
        output: "raw",
        redirect: false,
        credentials: target.credentials,
      },
      services,
      context,
    );
  },
};
