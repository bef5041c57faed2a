import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import type { IncomingMessage } from "./broker-target.ts";

/** Messages of a peer that cannot be slowed down, kept while those before them become durable. */
const BACKLOG_MAX = 1000;

/** A consumption that ends when the signal aborts, the peer ends, or something fails. */
export interface Consumption<Message> {
  /** Takes a message; messages are delivered one after the other, in order, and none after the signal aborted: nobody would use it, so its broker keeps it. */
  readonly take: (message: Message) => void;
  /** The peer ended: what was taken is still delivered. */
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
  /** Settles after the delivery under way did, so that it can still be acknowledged. */
  readonly done: Promise<void>;
}

/** For protocols that push: keeps the order, bounds the backlog, and turns everything that can end a consumption into one promise. `skip` is told of messages that come too late. */
export function consumption<Message = IncomingMessage>(
  signal: AbortSignal,
  deliver: (message: Message) => Promise<void>,
  skip: (message: Message) => void = () => {},
): Consumption<Message> {
  let backlog = 0;
  let last: Promise<void> = Promise.resolve();
  const { promise: done, resolve, reject } = deferred();
  // Whoever consumes may fail before it comes to wait: a promise that rejects unseen would end the process.
  done.catch(() => {});
  const stop = (): void => void last.then(resolve, reject);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return {
    done,
    take(message) {
      if (signal.aborted) {
        skip(message);
        return;
      }
      backlog += 1;
      if (backlog > BACKLOG_MAX) {
        reject(
          new ActivityFault(
            standardFault(
              "communication",
              "Too many messages",
              `Cannot keep up: more than ${BACKLOG_MAX} messages wait to become durable`,
            ),
          ),
        );
        return;
      }
      last = last
        .then(async () => {
          backlog -= 1;
          if (signal.aborted) skip(message);
          else await deliver(message);
        })
        .catch(reject);
    },
    end: () => void last.then(resolve, reject),
    fail: reject,
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve = (): void => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
