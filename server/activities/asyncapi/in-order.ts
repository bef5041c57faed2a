import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import type { IncomingMessage } from "./broker-target.ts";

/** Messages of a peer that cannot be slowed down, kept while those before them become durable. */
const BACKLOG_MAX = 1000;

/** A consumption that ends when the signal aborts, the peer ends, or something fails. */
export interface Consumption {
  /** Takes a message; messages are delivered one after the other, in order. */
  readonly take: (message: IncomingMessage) => void;
  /** The peer ended: what was taken is still delivered. */
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
  readonly done: Promise<void>;
}

/** For protocols that push: keeps the order, bounds the backlog, and turns everything that can end a consumption into one promise. */
export function consumption(signal: AbortSignal, deliver: (message: IncomingMessage) => Promise<void>): Consumption {
  let backlog = 0;
  let last: Promise<void> = Promise.resolve();
  const { promise: done, resolve, reject } = deferred();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return {
    done,
    take(message) {
      if (signal.aborted) return;
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
          await deliver(message);
          backlog -= 1;
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
