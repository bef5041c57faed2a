import { afterAll, describe, expect, test } from "vitest";
import { simulateHost } from "./simulate-host.ts";
import { allCases } from "./tables.ts";
import { differences } from "./verify.ts";

const cases = allCases();
const features = [...new Set(cases.map(({ feature }) => feature))];
let held = 0;

for (const feature of features) {
  describe(feature, () => {
    for (const one of cases.filter((candidate) => candidate.feature === feature)) {
      test(one.name, async () => {
        expect(differences(one, await simulateHost.run(one))).toEqual([]);
        held += 1;
      });
    }
  });
}

test("names of cases are unique within their table", () => {
  const names = cases.map(({ feature, name }) => `${feature}: ${name}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

afterAll(() => {
  console.log(
    `conformance: ${held} of ${cases.length} cases in ${features.length} tables hold on "${simulateHost.name}"`,
  );
});
