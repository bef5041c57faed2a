import type { Store, Write } from "../../store/ports.ts";
import { isRecord } from "./is-record.ts";
import type { Mutant } from "./mutant.ts";

/** Faults in what the engine does outside. */
export const portMutants: readonly Mutant[] = [
  {
    name: "stores secrets in clear text",
    ports: (ports) => ({
      ...ports,
      secrets: { seal: (bytes) => Buffer.from(Buffer.from(bytes).toString("latin1")), open: (bytes) => bytes },
      store: clearText(ports.store),
    }),
  },
  {
    name: "calls activities twice",
    ports: (ports) => ({
      ...ports,
      activities: {
        consume: ports.activities.consume.bind(ports.activities),
        run: (kind, input, context) => {
          ports.activities.run(kind, input, context).catch(() => undefined);
          return ports.activities.run(kind, input, context);
        },
      },
    }),
  },
  {
    name: "loses some results",
    ports: (ports) => {
      let count = 0;
      return {
        ...ports,
        activities: {
          consume: ports.activities.consume.bind(ports.activities),
          run: (kind, input, context) =>
            count++ % 5 === 4 ? new Promise(() => undefined) : ports.activities.run(kind, input, context),
        },
      };
    },
  },
  {
    name: "takes a failed call for a success",
    ports: (ports) => ({
      ...ports,
      activities: {
        consume: ports.activities.consume.bind(ports.activities),
        run: (kind, input, context) => ports.activities.run(kind, input, context).catch(() => null),
      },
    }),
  },
  {
    name: "runs the newest definition instead of its own",
    ports: (ports) => {
      let newest = "";
      return {
        ...ports,
        definitions: {
          load: (digest) => {
            if (digest > newest) newest = digest;
            return ports.definitions.load(newest);
          },
        },
      };
    },
  },
  {
    name: "starts children without an idempotency key of their own",
    ports: (ports) => {
      let count = 0;
      return {
        ...ports,
        children: {
          start: (parent, command, key) =>
            ports.children.start(parent, command, `${key}-${String(count++)}-${String(ports.clock.monotonicMs())}`),
        },
      };
    },
  },
  {
    name: "finds no correlation in any event",
    ports: (ports) => ({ ...ports, expressions: { ...ports.expressions, first: () => null } }),
  },
  {
    name: "forgets the yields and timeouts it scheduled",
    ports: (ports) => {
      let count = 0;
      const { scheduler } = ports;
      return {
        ...ports,
        scheduler: {
          soon: (task) => scheduler.soon(task),
          after: (delayMs, task) => (count++ % 7 === 6 ? { cancel: () => undefined } : scheduler.after(delayMs, task)),
        },
      };
    },
  },
];

/** The secrets' record without its base64, as an engine that forgets to seal would store it. */
function clearText(store: Store): Store {
  const commit = (batch: readonly Write[]): Promise<void> =>
    store.commit(
      batch.map((write) =>
        isRecord(write, "putRecord", "run-secrets") && write.op === "putRecord"
          ? { op: "putRecord", row: { ...write.row, value: Buffer.from(write.row.value, "base64").toString("utf8") } }
          : write,
      ),
    );
  return { ...store, commit };
}
