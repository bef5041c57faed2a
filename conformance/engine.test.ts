import { afterAll, describe, expect, test } from "vitest";
import { engineExceptions } from "./engine-host/engine-exceptions.ts";
import { engineHost, forgetfulEngineHost } from "./engine-host/engine-host.ts";
import { allCases } from "./tables.ts";
import { differences } from "./verify.ts";

const cases = allCases();

describe.each([engineHost, forgetfulEngineHost])("on the $name engine", (host) => {
  let held = 0;

  for (const one of cases) {
    const name = `${one.feature}: ${one.name}`;
    const exception = engineExceptions.get(name);
    test(exception === undefined ? name : `${name} (excepted: ${exception})`, async () => {
      const differ = differences(one, await host.run(one));
      if (exception === undefined) expect(differ).toEqual([]);
      else expect(differ, "the case holds: take it off the list of exceptions").not.toEqual([]);
      if (differ.length === 0) held += 1;
    });
  }

  afterAll(() => {
    console.log(`conformance: ${held} of ${cases.length} cases hold on "${host.name}"`);
  });
});

test("every exception names a case", () => {
  const names = new Set(cases.map(({ feature, name }) => `${feature}: ${name}`));
  expect([...engineExceptions.keys()].filter((name) => !names.has(name))).toEqual([]);
});
