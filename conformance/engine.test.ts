import { afterAll, describe, expect, test } from "vitest";
import { engineExceptions } from "./engine-host/engine-exceptions.ts";
import { engineHost } from "./engine-host/engine-host.ts";
import { allCases } from "./tables.ts";
import { differences } from "./verify.ts";

const cases = allCases();
const features = [...new Set(cases.map(({ feature }) => feature))];
let held = 0;

for (const feature of features) {
  describe(feature, () => {
    for (const one of cases.filter((candidate) => candidate.feature === feature)) {
      const exception = engineExceptions.get(`${feature}: ${one.name}`);
      test(exception === undefined ? one.name : `${one.name} (excepted: ${exception})`, async () => {
        const differ = differences(one, await engineHost.run(one));
        if (exception === undefined) expect(differ).toEqual([]);
        else expect(differ, "the case holds: take it off the list of exceptions").not.toEqual([]);
        if (differ.length === 0) held += 1;
      });
    }
  });
}

test("every exception names a case", () => {
  const names = new Set(cases.map(({ feature, name }) => `${feature}: ${name}`));
  expect([...engineExceptions.keys()].filter((name) => !names.has(name))).toEqual([]);
});

afterAll(() => {
  console.log(`conformance: ${held} of ${cases.length} cases hold on "${engineHost.name}"`);
});
