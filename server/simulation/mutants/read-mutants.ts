import type { EnginePorts } from "../../engine/embedded/ports.ts";
import type { Store } from "../../store/ports.ts";
import type { Mutant } from "./mutant.ts";

/** Faults in what the engine reads. */
export const readMutants: readonly Mutant[] = [
  {
    name: "skips the first due timer of a page",
    ports: (ports) =>
      withStore(ports, ({ timers }) => ({
        timers: {
          count: () => timers.count(),
          due: async (dueAt, limit, after) => (await timers.due(dueAt, limit, after)).slice(1),
        },
      })),
  },
  {
    name: "fires timers early",
    ports: (ports) =>
      withStore(ports, ({ timers }) => ({
        timers: {
          count: () => timers.count(),
          due: async (...query) => (await timers.due(...query)).map((row) => ({ ...row, dueAt: row.dueAt - 40 })),
        },
      })),
  },
  {
    name: "fires the timers of a page in the wrong order",
    ports: (ports) =>
      withStore(ports, ({ timers }) => ({
        timers: {
          count: () => timers.count(),
          due: async (...query) => {
            const rows = await timers.due(...query);
            const last = Math.max(...rows.map(({ dueAt }) => dueAt));
            return rows.map((row, index) => ({ ...row, dueAt: last + rows.length - index - 1 }));
          },
        },
      })),
  },
  {
    name: "recovers all active runs but the first",
    ports: (ports) =>
      withStore(ports, ({ runs }) => ({
        runs: reader(runs, {
          active: async (after: number, limit: number) =>
            (await runs.active(after, limit)).filter((_, at) => after > 0 || at > 0),
        }),
      })),
  },
  {
    name: "uses run keys again after a restart",
    ports: (ports) => withStore(ports, ({ runs }) => ({ runs: reader(runs, { lastKey: async () => 0 }) })),
  },
  {
    name: "gives an event to the first listener only",
    ports: (ports) =>
      withStore(ports, ({ subscriptions }) => ({
        subscriptions: reader(subscriptions, {
          byKeys: async (...query: Parameters<typeof subscriptions.byKeys>) =>
            (await subscriptions.byKeys(...query)).slice(0, 1),
        }),
      })),
  },
  {
    name: "does not read what it owes at start",
    ports: (ports) => withStore(ports, ({ records }) => ({ records: reader(records, { list: async () => [] }) })),
  },
  {
    name: "does not look for intents",
    ports: (ports) =>
      withStore(ports, ({ records }) => ({
        records: reader(records, {
          get: async (space: string, key: string) => (space === "intents" ? undefined : records.get(space, key)),
        }),
      })),
  },
];

function withStore(ports: EnginePorts, change: (store: Store) => Partial<Store>): EnginePorts {
  return { ...ports, store: { ...ports.store, ...change(ports.store) } };
}

/** A reader with some of its methods replaced; the others keep their `this`. */
function reader<Reader extends object>(inner: Reader, replaced: Partial<Reader>): Reader {
  return new Proxy(inner, {
    get: (target, member) => {
      const own: unknown = Reflect.get(replaced, member);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, member);
      return typeof value === "function"
        ? (...parameters: unknown[]): unknown => Reflect.apply(value, target, parameters)
        : value;
    },
  });
}
