import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { Credentials } from "../auth/credentials.ts";
import type { CallContext } from "../call-context.ts";
import type { ActivityServices } from "../activity-services.ts";

/** Where an operation sends or receives: what the AsyncAPI document says, with variables and parameters in place. */
export interface BrokerTarget {
  readonly host: string;
  /** Undefined where the document names none: each protocol has its own default. */
  readonly port: number | undefined;
  /** Path of the server's address, without the channel; `/` where there is none. */
  readonly path: string;
  readonly tls: boolean;
  /** The channel's address: a topic, subject, queue, path. */
  readonly address: string;
  /** Protocol bindings of the document, merged from server, channel, operation and message; the later win. */
  readonly bindings: JsonObject;
  readonly contentType: string;
  readonly credentials: Credentials | undefined;
}

/** A message to publish. */
export interface OutgoingMessage {
  readonly payload: Json;
  readonly headers: Readonly<Record<string, string>>;
}

/** A message as it arrived; `payload` is its content as data where its type says how. */
export interface IncomingMessage {
  readonly payload: Json;
  readonly headers: JsonObject;
}

/** One call's surroundings. */
export interface BrokerCall {
  readonly services: ActivityServices;
  readonly context: CallContext;
}

/** One messaging protocol. */
export interface BrokerProtocol {
  /** Set where messages have no headers: a call that gives some is refused, since they would be lost. */
  readonly withoutHeaders?: true;
  /** Sends a message; resolves once the broker has it, as far as the protocol can tell. */
  publish(target: BrokerTarget, message: OutgoingMessage, call: BrokerCall): Promise<void>;
  /** Receives until the signal aborts or the peer ends. A message is acknowledged only after `deliver` resolved. Absent where the protocol cannot receive. */
  consume?(target: BrokerTarget, call: BrokerCall, deliver: (message: IncomingMessage) => Promise<void>): Promise<void>;
  /** Tells whether an error of the client says that the broker refused the credentials. */
  isRefusal?(error: Error): boolean;
}
