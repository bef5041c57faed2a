import type { Background, Workload } from "../engine-under-test.ts";

/** The tasks of each workload, calling the echo at `host:port`. */
export function definitions(echo: string): Readonly<Record<Workload | Background, readonly object[]>> {
  const post = (path: string, body: object): object => ({
    call: "http",
    with: { method: "post", endpoint: `http://${echo}${path}`, body },
  });
  const add = { set: "${ .n += 1 }" };
  const next = { n: "${ .n + 1 }" };
  const call = post("/", next);
  const ten = (step: object): readonly object[] => named(Array.from({ length: 10 }, () => step));
  const loop = { for: { each: "item", in: "${ [range(5)] }" }, do: [{ inc: add }] };
  const choice = { switch: [{ low: { when: "${ .n <= 2 }", then: "end" } }, { high: { then: "continue" } }] };
  const fork = (step: object): readonly object[] => {
    const branches = named(Array.from({ length: 100 }, () => step));
    return [{ split: { fork: { branches }, output: { as: "${ { n: length } }" } } }];
  };
  const end = (name: Background, body: object): object => ({ tell: post(`/done/${name}`, body) });
  const event = { with: { type: "go" }, correlate: { n: { from: "${ .data.n }", expect: "${ .n }" } } };
  return {
    pure10: ten(add),
    bigdoc: ten(add),
    http10: ten(call),
    noop10: ten({ call: "noop:1.0.0@default", with: next }),
    mixed: named([call, add, add, call, add, choice, loop, add, call, add]),
    fork100: fork(add),
    fork100http: fork(call),
    nap: [{ nap: { wait: { seconds: 25 } } }, end("nap", { due: "${ .at + 25000 }" })],
    listen: [{ hear: { listen: { to: { one: event } } } }, end("listen", { due: "${ .[0].at }" })],
    crash: [
      { first: post("/first/crash", { run: "${ .run }" }) },
      { nap: { wait: { seconds: 40 } } },
      end("crash", { run: "${ .run }" }),
    ],
  };
}

function named(tasks: readonly object[]): readonly object[] {
  return tasks.map((task, index) => ({ [`step${index}`]: task }));
}
