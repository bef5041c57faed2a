import { expect, test } from "vitest";
import { compareSemver, latestRelease, parseSemver } from "./semver.ts";

test("compareSemver orders as the specification's example", () => {
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.10.0",
    "2.0.0",
  ];
  const shuffled = ordered
    .toReversed()
    .toSorted((a, b) => compareSemver(parseSemver(a) as never, parseSemver(b) as never));
  expect(shuffled).toEqual(ordered);
});

test.each(["1", "1.0", "01.0.0", "1.0.0-", "v1.0.0", "1.0.0-01", ""])("parseSemver refuses %j", (text) => {
  expect(parseSemver(text)).toBeUndefined();
});

test.each<[string[], string | undefined]>([
  [["1.0.0", "1.2.0", "1.10.0-rc.1"], "1.2.0"],
  [["1.0.0-a", "1.0.0-b"], "1.0.0-b"],
  [["x", "0.9.0+build"], "0.9.0+build"],
  [[], undefined],
])("latestRelease of %j is %j", (versions, latest) => {
  expect(latestRelease(versions)).toBe(latest);
});
