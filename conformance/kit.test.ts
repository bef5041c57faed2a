import { afterAll, describe, expect, test } from "vitest";
import { doubleAnswer, startDouble } from "./double.ts";
import { kitScenarios, runScenario } from "./kit.ts";

const scenarios = kitScenarios();
let held = 0;

describe.skipIf(scenarios.length === 0)(
  "the specification's conformance kit (skipped where ../shared is absent)",
  () => {
    test("has its 21 scenarios", () => {
      expect(scenarios).toHaveLength(21);
    });
    for (const scenario of scenarios) {
      test(`${scenario.feature}: ${scenario.name}`, () => {
        expect(runScenario(scenario)).toEqual([]);
        held += 1;
      });
    }
    afterAll(() => {
      console.log(`conformance kit: ${held} of ${scenarios.length} scenarios hold on "simulate"`);
    });
  },
);

describe("the double", () => {
  test("answers over HTTP what it answers as a function", async () => {
    const double = await startDouble();
    const response = await fetch(`${double.origin}/v2/pet/1`, { headers: { "x-doubled-host": "petstore.swagger.io" } });
    const { body } = doubleAnswer({ method: "GET", host: "petstore.swagger.io", path: "/v2/pet/1", headers: {} });
    await expect(response.json()).resolves.toEqual(body);
    await double.close();
  });
  test.each([
    ["pet by name", "petstore.swagger.io", "/v2/pet/getPetByName/Milou", 404],
    ["wrong credentials", "httpbin.org", "/basic-auth/a/b", 401],
    ["another host", "example.com", "/v2/pet/1", 404],
  ])("refuses %s", (_name, host, path, status) => {
    expect(doubleAnswer({ method: "GET", host, path, headers: {} }).status).toBe(status);
  });
});
