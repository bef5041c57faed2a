import { encodeSnapshot } from "../engine/embedded/journal-record.ts";
import type { EnginePorts, Interpreter } from "../engine/embedded/ports.ts";
import { CommitConflict, type Store, StoreUnavailable, type Write } from "../store/ports.ts";

/** A planted fault: the engine's world with one promise broken the way a bug in the engine would break it. The engine itself holds no switches. */
export interface Mutant {
  readonly name: string;
  ports?(ports: EnginePorts): EnginePorts;
  interpreter?(interpreter: Interpreter): Interpreter;
}

type Commit = (batch: readonly Write[], commit: Store["commit"]) => Promise<void>;

/** A fault between the engine and its store. */
function inCommit(name: string, faulty: () => Commit): Mutant {
  return {
    name,
    ports: (ports) => {
      const mutated = faulty();
      const { store } = ports;
      return { ...ports, store: { ...store, commit: (batch) => mutated(batch, (writes) => store.commit(writes)) } };
    },
  };
}

/** Writes that are forgotten. */
function forgets(name: string, forgotten: (write: Write) => boolean): Mutant {
  return inCommit(name, () => (batch, commit) => commit(batch.filter((write) => !forgotten(write))));
}

/** Writes that are made wrongly. */
function garbles(name: string, garble: (write: Write) => Write): Mutant {
  return inCommit(name, () => (batch, commit) => commit(batch.map(garble)));
}

function isRecord(write: Write, op: "putRecord" | "deleteRecord", space: string): boolean {
  return write.op === op && (write.op === "putRecord" ? write.row.space : write.space) === space;
}

/** A failure that is taken for a success. */
function swallows(name: string, swallowed: (error: unknown) => boolean): Mutant {
  return inCommit(name, () => async (batch, commit) => {
    try {
      await commit(batch);
    } catch (error) {
      if (!swallowed(error)) throw error;
    }
  });
}

const inStore: readonly Mutant[] = [
  inCommit("acknowledges before it is durable", () => (batch, commit) => {
    commit(batch).catch(() => undefined);
    return Promise.resolve();
  }),
  inCommit("commits a batch in two parts", () => async (batch, commit) => {
    const middle = Math.ceil(batch.length / 2);
    await commit(batch.slice(0, middle));
    if (middle < batch.length) await commit(batch.slice(middle));
  }),
  inCommit("commits its batches out of order", () => {
    let held: Promise<void> | undefined;
    return async (batch, commit) => {
      if (held === undefined && batch.some(({ op }) => op === "updateRun")) {
        held = Promise.resolve();
        for (let turn = 0; turn < 3; turn++) await Promise.resolve();
        const later = commit(batch.filter(({ op }) => op !== "append"));
        later.catch(() => undefined);
        await commit(batch.filter(({ op }) => op === "append"));
        return later;
      }
      return commit(batch);
    };
  }),
  swallows(
    "takes a failed disk for a success",
    (error) => error instanceof StoreUnavailable && error.reason === "failed",
  ),
  swallows(
    "takes a full disk for a success",
    (error) => error instanceof StoreUnavailable && error.reason === "diskFull",
  ),
  swallows("takes a conflict for a success", (error) => error instanceof CommitConflict),
  inCommit("commits again after a failure", () => async (batch, commit) => {
    try {
      await commit(batch);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || error.reason !== "diskFull") throw error;
      await commit(batch.filter(({ op }) => op !== "append"));
    }
  }),
  forgets("does not store timers", ({ op }) => op === "putTimer"),
  forgets("does not delete timers", ({ op }) => op === "deleteTimer"),
  forgets("does not store subscriptions", ({ op }) => op === "putSubscription"),
  forgets("does not delete subscriptions", ({ op }) => op === "deleteSubscription"),
  forgets("does not store what it owes", (write) => isRecord(write, "putRecord", "outbox")),
  forgets("does not delete what it has paid", (write) => isRecord(write, "deleteRecord", "outbox")),
  forgets("does not store intents", (write) => isRecord(write, "putRecord", "intents")),
  forgets("does not store secrets", (write) => isRecord(write, "putRecord", "run-secrets")),
  forgets("does not store blobs", ({ op }) => op === "putBlob"),
  forgets(
    "does not journal timers",
    (write) => write.op === "append" && write.record.data.startsWith('{"type":"timerFired"'),
  ),
  garbles("says that no run is active", (write) =>
    write.op === "putRun"
      ? { ...write, row: { ...write.row, active: false } }
      : write.op === "updateRun"
        ? { ...write, changes: { ...write.changes, active: false } }
        : write,
  ),
  garbles("forgets idempotency keys", (write) => {
    if (write.op !== "putRun") return write;
    const { idempotencyKey: _forgotten, ...row } = write.row;
    return { ...write, row };
  }),
  garbles("does not move the head", (write) => {
    if (write.op !== "updateRun") return write;
    const { head: _stale, ...changes } = write.changes;
    return { ...write, changes };
  }),
  garbles("does not write the status", (write) => {
    if (write.op !== "updateRun") return write;
    const { status: _stale, ...changes } = write.changes;
    return { ...write, changes };
  }),
  inCommit("snapshots a state that is out of date", () => {
    const last = new Map<number, string>();
    return (batch, commit) =>
      commit(
        batch.map((write) => {
          if (write.op !== "putSnapshot") return write;
          const stale = last.get(write.row.run) ?? write.row.data;
          last.set(write.row.run, write.row.data);
          return { op: "putSnapshot", row: encodeSnapshot(write.row, stale) };
        }),
      );
  }),
];

const inReads: readonly Mutant[] = [
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

const inPorts: readonly Mutant[] = [
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

/** An interpreter with one member replaced. */
function inInterpreter(name: string, change: (inner: Interpreter) => Partial<Interpreter>): Mutant {
  return { name, interpreter: (inner) => ({ ...inner, ...change(inner) }) };
}

const inReplay: readonly Mutant[] = [
  inInterpreter("issues nothing again after a restart", () => ({ outstanding: () => [] })),
  inInterpreter("issues all but the last command again", (inner) => ({
    outstanding: (program, state) => inner.outstanding(program, state).slice(0, -1),
  })),
  inInterpreter("drops a command now and then", (inner) => {
    let count = 0;
    return {
      step: (program, state, event) => {
        const result = inner.step(program, state, event);
        return count++ % 9 === 8
          ? {
              ...result,
              commands: result.commands.filter(({ type }) => type !== "startActivity" && type !== "setTimer"),
            }
          : result;
      },
    };
  }),
  inInterpreter("is not deterministic", (inner) => {
    let count = 0;
    return {
      step: (program, state, event) => {
        const result = inner.step(
          program,
          state,
          event.type === "activityCompleted" ? { ...event, output: { n: count++ } } : event,
        );
        return result;
      },
    };
  }),
];

/** Every planted fault. */
export const mutants: readonly Mutant[] = [...inStore, ...inReads, ...inPorts, ...inReplay];
