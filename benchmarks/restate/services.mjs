import * as restate from "@restatedev/restate-sdk";
import { codeWorkloads } from "../code-workloads.mjs";

/* The workloads as handlers of Restate services, in its documented style: code between effects is plain, each effect is a `ctx.run`. Tells its port on standard output. */

// The SDK wants this of Node 22; the benchmark runs all engines on the Node it is started with.
Promise.withResolvers ??= function () {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const { listen, ...others } = codeWorkloads(process.argv[2]);
const handler = (work) => (ctx, input) =>
  work(
    (name, effect) => ctx.run(name, effect),
    input,
    (ms) => ctx.sleep(ms),
  );
const handlers = Object.fromEntries(Object.entries(others).map(([name, work]) => [name, handler(work)]));
const listener = restate.workflow({
  name: "listener",
  handlers: {
    run: (ctx, input) =>
      listen(
        (name, effect) => ctx.run(name, effect),
        input,
        undefined,
        () => ctx.promise("go").get(),
      ),
    go: (ctx, event) => ctx.promise("go").resolve(event),
  },
});

const services = [restate.service({ name: "bench", handlers }), listener];
console.log(`handlers on port ${await restate.serve({ services, port: Number(process.argv[3]) })}`);
