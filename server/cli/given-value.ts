import type { Value } from "@bufbuild/protobuf/wkt";
import { runInput } from "./input.ts";
import { protoValue } from "./proto-value.ts";

/** A value given as `@file`, `-` or JSON, as the API carries it; undefined where none was given. */
export async function givenValue(text: string | undefined): Promise<Value | undefined> {
  return text === undefined ? undefined : protoValue(await runInput(text, [], []));
}
