import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeyFileFault, readKeyFile, rotateKeyFile } from "./key-file.ts";
import {
  openVariable,
  redactVariables,
  REDACTED,
  rewrapVariables,
  sealVariables,
  type Variable,
} from "./sealed-values.ts";
import { SecretBox, SecretUnreadable } from "./secret-box.ts";

const first = new Uint8Array(32).fill(1);
const second = new Uint8Array(32).fill(2);
const text = (value: string): Uint8Array => Buffer.from(value);

describe("SecretBox", () => {
  const box = new SecretBox({ current: first });

  test("opens what it sealed for the same place, and seals no value alike twice", () => {
    const sealed = [box.seal(text("value"), "a"), box.seal(text("value"), "a")];
    for (const one of sealed) expect(Buffer.from(box.open(one, "a")).toString()).toBe("value");
    expect(Buffer.from(sealed[0] as Uint8Array).equals(sealed[1] as Uint8Array)).toBe(false);
    expect(Buffer.from(sealed[0] as Uint8Array).includes("value")).toBe(false);
  });

  test("does not open a value that was moved to another place", () => {
    expect(() => box.open(box.seal(text("value"), "a"), "b")).toThrow(SecretUnreadable);
  });

  test("notices one flipped bit, wherever it is, and a value that was cut", () => {
    const sealed = box.seal(text("value"), "a");
    for (let index = 0; index < sealed.length; index += 1) {
      const flipped = Uint8Array.from(sealed);
      flipped[index] = (flipped[index] as number) ^ 1;
      expect(() => box.open(flipped, "a"), `bit in byte ${index}`).toThrow(SecretUnreadable);
    }
    for (const length of [0, 1, 60, sealed.length - 1])
      expect(() => box.open(sealed.subarray(0, length), "a")).toThrow(SecretUnreadable);
  });

  test("opens values of former keys, and re-wraps them without touching the value", () => {
    const sealed = box.seal(text("value"), "a");
    const rotated = new SecretBox({ current: second, former: [first] });
    expect(rotated.needsRewrap(sealed)).toBe(true);
    const rewrapped = rotated.rewrap(sealed, "a");
    expect(rotated.needsRewrap(rewrapped)).toBe(false);
    expect(Buffer.from(rewrapped).subarray(-10)).toEqual(Buffer.from(sealed).subarray(-10));
    expect(Buffer.from(new SecretBox({ current: second }).open(rewrapped, "a")).toString()).toBe("value");
    expect(() => new SecretBox({ current: second }).open(sealed, "a")).toThrow("add the former key");
  });

  test("refuses a key of the wrong length", () => {
    expect(() => new SecretBox({ current: new Uint8Array(16) })).toThrow("16 bytes, should have 32");
  });
});

describe("sealed variables", () => {
  const box = new SecretBox({ current: first });
  const variables = (): Record<string, Variable> => ({
    A: { value: "plain", isSecret: false },
    B: { value: "secret", isSecret: true },
    C: { value: "", isSecret: true },
  });

  test("only secrets with a value are sealed, opened and redacted", () => {
    const all = variables();
    sealVariables(all, "env-1", box, "spec.data");
    expect(all["A"]?.value).toBe("plain");
    expect(all["B"]?.value).toMatch(/^sealed:/u);
    expect(openVariable(all["B"] as Variable, "B", "env-1", box)).toBe("secret");
    expect(() => openVariable(all["B"] as Variable, "B", "env-2", box)).toThrow(SecretUnreadable);
    expect(() => openVariable(all["B"] as Variable, "A", "env-1", box)).toThrow(SecretUnreadable);
    redactVariables(all);
    expect(Object.values(all).map(({ value }) => value)).toEqual(["plain", REDACTED, ""]);
  });

  test("a redacted secret keeps the stored value; where there is none it is refused", () => {
    const stored = variables();
    sealVariables(stored, "env-1", box, "spec.data");
    const sent = { B: { value: REDACTED, isSecret: true } };
    sealVariables(sent, "env-1", box, "spec.data", stored);
    expect(openVariable(sent.B, "B", "env-1", box)).toBe("secret");
    expect(() => sealVariables({ X: { value: REDACTED, isSecret: true } }, "env-1", box, "spec.data", stored)).toThrow(
      'spec.data["X"].value: is the placeholder',
    );
  });

  test("a text that looks sealed is a text", () => {
    const sent = { B: { value: "sealed:AAAA", isSecret: true }, A: { value: "sealed:AAAA", isSecret: false } };
    sealVariables(sent, "env-1", box, "spec.data");
    expect(openVariable(sent.B, "B", "env-1", box)).toBe("sealed:AAAA");
    expect(openVariable(sent.A, "A", "env-1", box)).toBe("sealed:AAAA");
  });

  test("rewrapVariables moves them to the current key once", () => {
    const stored = variables();
    sealVariables(stored, "env-1", box, "spec.data");
    const rotated = new SecretBox({ current: second, former: [first] });
    expect([rewrapVariables(stored, "env-1", rotated), rewrapVariables(stored, "env-1", rotated)]).toEqual([
      true,
      false,
    ]);
    expect(openVariable(stored["B"] as Variable, "B", "env-1", new SecretBox({ current: second }))).toBe("secret");
  });
});

describe("the key file", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "stigmer-keys-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is made once, for its owner only, and read again", () => {
    const file = path.join(folder, "made");
    const ring = readKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readKeyFile(file)).toEqual(ring);
  });

  test("has no name before it has its key: a process killed on the way leaves none", () => {
    const file = path.join(folder, "killed");
    const { pid } = spawnSync(process.execPath, ["--version"]);
    writeFileSync(`${file}.new-${pid}`, "");
    const ring = readKeyFile(file);
    expect(readKeyFile(file)).toEqual(ring);
    expect(readdirSync(folder).filter((name) => name.startsWith("killed"))).toEqual(["killed"]);
  });

  test("gets a new key in front when it is rotated", () => {
    const file = path.join(folder, "rotated");
    const before = readKeyFile(file);
    const after = rotateKeyFile(file);
    expect(after.former).toEqual([before.current]);
    expect(readKeyFile(file)).toEqual(after);
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(2);
  });

  test.each([
    ["others may read it", "00".repeat(32), 0o644, /others may read it, should be mode 600/u],
    ["it is empty", "\n", 0o600, /it is empty/u],
    ["a key is short", "00ff", 0o600, /key 1 should be 64 hexadecimal digits/u],
  ])("is refused when %s", (name, content, mode, message) => {
    const file = path.join(folder, name.replaceAll(" ", "-"));
    writeFileSync(file, content);
    chmodSync(file, mode);
    expect(() => readKeyFile(file)).toThrow(KeyFileFault);
    expect(() => readKeyFile(file)).toThrow(message);
  });
});
