import { type Json, isJsonArray, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { secretMarker } from "@stigmer/core/lib/secret-marker.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "./activity.ts";

/** Values shorter than this are replaced only where they are a whole text: `1` or `no` inside other text gives nothing away, and replacing it would spoil every result. */
const SUBSTRING_LENGTH_MIN = 4;

/** Text that stands for what was derived from secrets (tokens, credentials) and has no marker of its own. */
const DERIVED = "[redacted]";

const DEPTH_MAX = 64;
const MARKER_CHARACTERS = /[\uE000\uE001]/gu;

/**
 * Puts markers back in place of secret values in what an activity returns, also where a value comes back as base64, URL-encoded or inside JSON text. It also takes marker characters out of what
 * peers send: a forged marker would make the next call carry a real secret to wherever its author likes.
 */
export class Redactor {
  readonly #replacements = new Map<string, string>();
  readonly #whole = new Map<string, string>();
  readonly #base: Redactor | undefined;
  #pattern: RegExp | undefined;

  /** With `base`, what that one knows is replaced first: a run's secrets are prepared once, not for each call. */
  constructor(base?: Redactor) {
    this.#base = base;
  }

  /** Remembers every leaf of a secret, at its path. */
  addSecret(value: Json, path: readonly string[]): void {
    if (isJsonArray(value)) value.forEach((item, index) => this.addSecret(item, [...path, String(index)]));
    else if (isJsonObject(value)) for (const [key, item] of Object.entries(value)) this.addSecret(item, [...path, key]);
    else if (value !== null && typeof value !== "boolean") this.#add(String(value), secretMarker(path));
  }

  /** Remembers a text made from secrets, such as an access token. */
  addDerived(text: string): void {
    this.#add(text, DERIVED);
  }

  /** A text with every secret value replaced; marker characters that came from outside are made harmless first. */
  text(text: string): string {
    return this.#replace(/[\uE000\uE001]/u.test(text) ? text.replaceAll(MARKER_CHARACTERS, "\uFFFD") : text);
  }

  /**
   * A value with every text and key redacted; the same object where nothing changes. Throws a runtime fault for what may not enter a journal: more than 64 levels, numbers JSON cannot
   * write, or more text than `bytesMax`.
   */
  json(value: Json, bytesMax: number): Json {
    const budget = { left: bytesMax, max: bytesMax };
    return this.#walk(value, 1, budget);
  }

  /** What was added here goes first: a credential derived from a secret is longer than the secret in it. */
  #replace(text: string): string {
    const own = this.#replaceOwn(text);
    return this.#base === undefined ? own : this.#base.#replace(own);
  }

  #replaceOwn(text: string): string {
    if (this.#whole.size === 0) return text;
    const whole = this.#whole.get(text);
    if (whole !== undefined) return whole;
    if (this.#replacements.size === 0) return text;
    this.#pattern ??= new RegExp(
      [...this.#replacements.keys()]
        .toSorted((left, right) => right.length - left.length)
        .map((form) => form.replaceAll(/[$()*+.?[\\\]^{|}/]/gu, String.raw`\$&`))
        .join("|"),
      "gu",
    );
    return text.replaceAll(this.#pattern, (form) => this.#replacements.get(form) ?? DERIVED);
  }

  #walk(value: Json, depth: number, budget: { left: number; readonly max: number }): Json {
    if (typeof value === "string") {
      spend(budget, value.length);
      return this.text(value);
    }
    if (typeof value === "number") {
      spend(budget, 8);
      if (!Number.isFinite(value)) throw unusable("it has a number beyond what JSON can write");
      return this.#wholeReplacement(String(value)) ?? value;
    }
    if (value === null || typeof value === "boolean") return value;
    if (depth > DEPTH_MAX) throw unusable(`its nesting exceeds ${DEPTH_MAX} levels`);
    spend(budget, 2);
    return isJsonArray(value) ? this.#walkArray(value, depth, budget) : this.#walkObject(value, depth, budget);
  }

  #walkArray(value: readonly Json[], depth: number, budget: { left: number; readonly max: number }): Json {
    let changed = false;
    const items = value.map((item) => {
      const walked = this.#walk(item, depth + 1, budget);
      changed ||= walked !== item;
      return walked;
    });
    return changed ? items : value;
  }

  #walkObject(
    value: { readonly [key: string]: Json },
    depth: number,
    budget: { left: number; readonly max: number },
  ): Json {
    // Nearly every result stays as it is: it is copied from the first change on.
    let result: Record<string, Json> | undefined;
    const keys = Object.keys(value);
    for (const [index, key] of keys.entries()) {
      spend(budget, key.length);
      const item = value[key] as Json;
      const walkedKey = this.text(key);
      const walked = this.#walk(item, depth + 1, budget);
      if (result === undefined && (walked !== item || walkedKey !== key)) result = firstOf(value, keys, index);
      if (result !== undefined) setKey(result, walkedKey, walked);
    }
    return result ?? value;
  }

  #wholeReplacement(text: string): string | undefined {
    return this.#whole.get(text) ?? (this.#base === undefined ? undefined : this.#base.#wholeReplacement(text));
  }

  #add(value: string, replacement: string): void {
    if (value === "") return;
    this.#pattern = undefined;
    this.#whole.set(value, replacement);
    if (value.length < SUBSTRING_LENGTH_MIN) return;
    for (const form of formsOf(value)) if (!this.#replacements.has(form)) this.#replacements.set(form, replacement);
  }
}

/** A copy of the first members of an object. */
function firstOf(
  value: { readonly [key: string]: Json },
  keys: readonly string[],
  count: number,
): Record<string, Json> {
  const copy: Record<string, Json> = {};
  for (const key of keys.slice(0, count)) setKey(copy, key, value[key] as Json);
  return copy;
}

function spend(budget: { left: number; readonly max: number }, bytes: number): void {
  budget.left -= bytes;
  if (budget.left < 0) throw unusable(`it is larger than ${budget.max} bytes`);
}

function unusable(problem: string): ActivityFault {
  return new ActivityFault(
    standardFault("runtime", "Unusable result", `Cannot use the result of the activity: ${problem}`),
  );
}

/** The ways a value shows up in other text: as it is, in JSON, in URLs, in base64 and base64url at each of the three alignments. */
function formsOf(value: string): ReadonlySet<string> {
  const encoded = encodeURIComponent(value.toWellFormed());
  const forms = new Set([
    value,
    JSON.stringify(value).slice(1, -1),
    encoded,
    encoded.replaceAll(/%[0-9A-F]{2}/gu, (triplet) => triplet.toLowerCase()),
    new URLSearchParams([["", value]]).toString().slice(1),
  ]);
  const bytes = Buffer.from(value);
  for (let offset = 0; offset < 3; offset += 1) {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // Only the characters that depend on nothing but the value: six bits each, those that share bits with a neighbour left out.
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    const inner = text.slice(first, last);
    if (inner.length < SUBSTRING_LENGTH_MIN) continue;
    forms.add(inner).add(inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  const whole = bytes.toString("base64");
  return forms.add(whole).add(bytes.toString("base64url")).add(encodeURIComponent(whole));
}
