import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";

import { readConfigFile } from "./read-config-file.ts";
import { ConfigError, type ConfigSources, resolveConfig } from "./resolve-config.ts";
import { settings, variableOf } from "./settings.ts";

describe("resolveConfig", () => {
  test("without sources gives the defaults: loopback, durable, bounded", () => {
    const { config, origins } = resolveConfig();
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 7234,
      insecure: false,
      ephemeral: false,
      limitRequestBytes: 4_194_304,
      allowRun: [],
    });
    expect(origins.port).toEqual({ from: "default", name: "" });
  });

  test("flag wins over environment wins over file, each with its origin", () => {
    const sources: ConfigSources = {
      flags: { port: "1" },
      environment: { STIGMER_PORT: "2", STIGMER_HOST: "::1", STIGMER_SERVER_ADDR: "elsewhere:1" },
      file: { path: "stigmer.yaml", values: { port: 3, host: "a", data: "kept" } },
    };
    const { config, origins } = resolveConfig(sources);
    expect(config).toMatchObject({ port: 1, host: "::1", data: "kept" });
    expect(origins).toMatchObject({
      port: { from: "flag", name: "--port" },
      host: { from: "environment", name: "STIGMER_HOST" },
      data: { from: "file", name: "stigmer.yaml" },
    });
  });

  const good: readonly [string, unknown, unknown][] = [
    ["insecure", true, true],
    ["insecure", "off", false],
    ["limit-request-bytes", "2MiB", 2_097_152],
    ["limit-request-bytes", "100", 100],
    ["drain-timeout", "1m", 60_000],
    ["drain-timeout", "250 ms", 250],
    ["allow-run", "script, shell", ["script", "shell"]],
    ["allow-run", ["script"], ["script"]],
    ["allow-run", "", []],
    ["log-level", "warn", "warn"],
  ];
  test.each(good)("reads %s from %j", (key, value, want) => {
    const property = Object.entries(resolveConfig({ flags: { [key]: value } }).config);
    expect(
      property.some(
        ([name, found]) =>
          name.toLowerCase() === key.replaceAll("-", "") && JSON.stringify(found) === JSON.stringify(want),
      ),
    ).toBe(true);
  });

  const bad: readonly [string, ConfigSources, string][] = [
    [
      "a word where a number is due",
      { environment: { STIGMER_PORT: "http" } },
      `Cannot read "STIGMER_PORT": "http" is not a whole number from 0 to 65535`,
    ],
    [
      "a number out of bounds",
      { flags: { port: "65536" } },
      `Cannot read "--port": "65536" is not a whole number from 0 to 65535`,
    ],
    ["an unknown unit", { flags: { "limit-request-bytes": "4 bananas" } }, "is not a number of bytes"],
    [
      "half a byte",
      { file: { path: "f", values: { "limit-request-bytes": 0.5 } } },
      `Cannot read "limit-request-bytes" of "f": 0.5 is not`,
    ],
    ["a word that is not one of them", { flags: { "log-level": "loud" } }, "is not one of trace, debug"],
    ["a list of numbers", { file: { path: "f", values: { "allow-run": [1] } } }, "is not texts separated by commas"],
    [
      "a slip in a key of the file",
      { file: { path: "f", values: { prot: 1 } } },
      `Cannot read key "prot" of "f": there is no such setting, did you mean "port"?`,
    ],
    ["an unknown flag", { flags: { zzzzzzzzzz: 1 } }, "`stigmer config view` shows all keys"],
    ["a file that is a list", { file: { path: "f", values: [] } }, "it is not a mapping"],
    ["a prototype's member as a key", { file: { path: "f", values: { constructor: 1 } } }, "there is no such setting"],
  ];
  test.each(bad)("refuses %s", (_, sources, message) => {
    expect(() => resolveConfig(sources)).toThrow(ConfigError);
    expect(() => resolveConfig(sources)).toThrow(message);
  });

  test("every default is a value its own setting accepts", () => {
    for (const [key, setting] of Object.entries(settings))
      expect(setting.parse(setting.default), key).toEqual(setting.default);
  });

  test("variableOf() is distinct for every key", () => {
    expect(new Set(Object.keys(settings).map(variableOf)).size).toBe(Object.keys(settings).length);
  });
});

describe("readConfigFile", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "stigmer-config-"));
  const write = (name: string, text: string): string => {
    writeFileSync(path.join(directory, name), text);
    return path.join(directory, name);
  };

  test("reads YAML, forgives an optional file that is missing and names a broken one", ({ onTestFinished }) => {
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    expect(readConfigFile(write("a.yaml", "port: 1\n"), true)?.values).toEqual({ port: 1 });
    expect(readConfigFile(path.join(directory, "none.yaml"), false)).toBeUndefined();
    expect(() => readConfigFile(path.join(directory, "none.yaml"), true)).toThrow(
      /none\.yaml.*a readable file is expected/u,
    );
    expect(() => readConfigFile(write("b.yaml", "port: [1\n"), true)).toThrow(/Cannot read configuration ".*b\.yaml"/u);
  });
});
