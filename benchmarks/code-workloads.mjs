import { Pool } from "undici";

/*
 * The workloads as code, for engines whose workflows are code: `step` is the engine's recorded step, everything outside of it is plain. Each adds up `n`, so that a wrong result shows.
 */

/** The workloads, calling the echo at `host:port`. */
export function codeWorkloads(echo) {
  const pool = new Pool(`http://${echo}`, { connections: 128 });
  const post = async (path, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await pool.request({ path, method: "POST", headers, body: JSON.stringify(body) });
    if (answer.statusCode !== 200) throw new Error(`The echo answered ${answer.statusCode}`);
    return answer.body.json();
  };
  const add = (document) => ({ ...document, n: document.n + 1 });
  const pure10 = async (_step, input) => {
    let document = input;
    for (let index = 0; index < 10; index++) document = add(document);
    return document;
  };
  const tenSteps = (work) => async (step, input) => {
    let reply = input;
    for (let index = 0; index < 10; index++) {
      const { n } = reply;
      reply = await step(`step${index}`, () => work({ n: n + 1 }));
    }
    return reply;
  };
  return {
    pure10,
    bigdoc: pure10,
    http10: tenSteps((body) => post("/", body)),
    noop10: tenSteps(async (body) => body),
    mixed: async (step, input) => {
      const call = (name, { n }) => step(name, () => post("/", { n: n + 1 }));
      let document = add(add(await call("one", input)));
      document = add(await call("two", document));
      if (document.n <= 2) throw new Error("wrong way");
      for (let index = 0; index < 5; index++) document = add(document);
      return add(await call("three", add(document)));
    },
    fork100: async (_step, input) => {
      const branches = await Promise.all(Array.from({ length: 100 }, async () => add(input)));
      return { n: branches.length };
    },
    fork100http: async (step, { n }) => {
      const branch = (_, index) => step(`branch${index}`, () => post("/", { n: n + 1 }));
      return { n: (await Promise.all(Array.from({ length: 100 }, branch))).length };
    },
    nap: async (step, { at }, sleep) => {
      await sleep(25_000);
      await step("done", () => post("/done/nap", { due: at + 25_000 }));
    },
    listen: async (step, _input, _sleep, event) => {
      const { at } = await event();
      await step("done", () => post("/done/listen", { due: at }));
    },
    crash: async (step, { run }, sleep) => {
      await step("first", () => post("/first/crash", { run }));
      await sleep(40_000);
      await step("done", () => post("/done/crash", { run }));
    },
  };
}
