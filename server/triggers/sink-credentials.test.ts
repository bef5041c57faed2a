import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseEventSink } from "../config/event-sink.ts";
import { sinkCredentials } from "./sink-credentials.ts";

const folder = mkdtempSync(path.join(tmpdir(), "stigmer-sink-"));
afterAll(() => rmSync(folder, { recursive: true }));

function credentials(option: string, value: string | undefined): Promise<Record<string, string>> {
  const file = path.join(folder, "a, file & more");
  if (value !== undefined) writeFileSync(file, value);
  const source = option.includes("file:") ? encodeURIComponent(file) : "";
  const sink = parseEventSink(`https://a.example/in#${option}${source}`);
  if (sink === undefined) throw new Error("no sink");
  return sinkCredentials(sink, value === undefined ? {} : { TOKEN: value });
}

describe("sinkCredentials", () => {
  test.each([
    ["token=env:TOKEN", "abc", { authorization: "Bearer abc" }],
    ["token=file:", " abc \n", { authorization: "Bearer abc" }],
    ["header=X-Key:env:TOKEN", "abc", { "x-key": "abc" }],
    ["header=Authorization:file:", "Basic YTpi\r\n", { authorization: "Basic YTpi" }],
    ["mode=binary", "abc", {}],
  ])("reads %s", async (option, value, wanted) => {
    expect(await credentials(option, value)).toEqual(wanted);
  });

  test.each([
    ["token=env:TOKEN", undefined, "the variable TOKEN, which is not set"],
    ["token=env:TOKEN", " \n", "which is empty"],
    ["token=file:", "", "which is empty"],
    ["token=file:", "secret\nx-more: secret", "which holds more than one line of printable ASCII"],
    ["header=X-Key:env:TOKEN", "s\u00e9cret", "which holds more than one line of printable ASCII"],
  ])("refuses %s of %j and does not say what it is", async (option, value, why) => {
    const refusal = await credentials(option, value).catch((error: unknown) => error as Error);
    expect(refusal).toMatchObject({ name: "SinkCredentialFault", message: expect.stringContaining(why) as string });
    expect((refusal as Error).message).not.toMatch(/s.cret/u);
  });
});
