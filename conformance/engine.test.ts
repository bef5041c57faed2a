import { afterAll, describe, expect, test } from "vitest";
import { engineHost, forgetfulEngineHost } from "./engine-host/engine-host.ts";
import { allCases } from "./tables.ts";
import { differences } from "./verify.ts";

const cases = allCases();

describe.each([engineHost, forgetfulEngineHost])("on the $name engine", (host) => {
  let held = 0;

  for (const one of cases) {
    test(`${one.feature}: ${one.name}`, async () => {
      expect(differences(one, await host.run(one))).toEqual([]);
      held += 1;
    });
  }

  afterAll(() => {
    console.log(`conformance: ${held} of ${cases.length} cases hold on "${host.name}"`);
  });
});
