import * as restate from "@restatedev/restate-sdk";
import { Pool } from "undici";

/* The workloads as handlers of a Restate service, in its documented style: code between effects is plain, each effect is a `ctx.run`. Tells its port on standard output. */

// The SDK wants this of Node 22; the benchmark runs both engines on the Node it is started with.
Promise.withResolvers ??= function () {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const echo = new Pool(`http://${process.argv[2]}`, { connections: 128 });

async function post(body) {
  const answer = await echo.request({
    path: "/",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.statusCode !== 200) throw new Error(`The echo answered ${answer.statusCode}`);
  return answer.body.json();
}

const bench = restate.service({
  name: "bench",
  handlers: {
    pure10: async (_, input) => {
      let document = input;
      for (let step = 0; step < 10; step++) document = { ...document, n: document.n + 1 };
      return document;
    },
    http10: async (ctx, input) => {
      let reply = input;
      for (let step = 0; step < 10; step++) {
        const { n } = reply;
        reply = await ctx.run(`step${step}`, () => post({ n: n + 1 }));
      }
      return reply;
    },
  },
});

console.log(`handlers on port ${await restate.serve({ services: [bench], port: 0 })}`);
