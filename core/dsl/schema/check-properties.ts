import { didYouMean } from "../../lib/did-you-mean.ts";
import { type JsonObject, getKey, isJsonObject } from "../../lib/json.ts";
import { childPointer } from "../../lib/json-pointer.ts";
import { anyOf, shown } from "./describe-value.ts";
import type { Place, Tell } from "./place.ts";
import { schemaCodes } from "./schema-codes.ts";
import type { ObjectShape, Shape } from "./shape.ts";

/** Checks which properties an object has: unknown ones, missing ones, alternatives. One mistyped name gives one finding: what it was probably meant to be does not count as missing. */
export function checkProperties(tell: Tell, value: JsonObject, shape: ObjectShape, at: Place): void {
  const meant = new Set<string>();
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(shape.properties, key) || shape.rest !== undefined) continue;
    const suggestion = suggest(key, value, shape);
    const inside = suggestion === undefined ? placeInside(key, value, shape) : undefined;
    for (const name of [suggestion, inside]) if (name !== undefined) meant.add(name);
    unknown(tell, key, { suggestion, inside }, value, shape, at);
  }
  const has = (key: string): boolean => Object.hasOwn(value, key) || meant.has(key);
  if (shape.insteadOf !== undefined && Object.hasOwn(value, shape.insteadOf)) {
    excluded(tell, shape.insteadOf, value, at);
    return;
  }
  for (const key of shape.required) if (!has(key)) missing(tell, key, shape, at);
  for (const group of shape.exactlyOne) exactlyOne(tell, group, value, has, shape, at);
  for (const group of shape.atLeastOne) {
    if (!group.some(has))
      tell(
        schemaCodes.empty,
        at.pointer,
        `Cannot use ${shape.title} without any property: it should have ${anyOf(group)}`,
        { at: "key" },
      );
  }
  if (shape.min !== undefined && Object.keys(value).length < shape.min) {
    tell(schemaCodes.empty, at.pointer, `Cannot use ${shape.title} without any property`, { at: "key" });
  }
  companions(tell, value, shape, has, at);
}

/** What a key was probably meant to be: a property that is missing first, since that is what a mistyped one leaves behind. */
function suggest(key: string, value: JsonObject, shape: ObjectShape): string | undefined {
  const absent = Object.keys(shape.properties).filter((name) => !Object.hasOwn(value, name));
  const wanted = absent.filter(
    (name) => shape.required.includes(name) || shape.exactlyOne.some((group) => group.includes(name)),
  );
  return didYouMean(key, wanted) ?? didYouMean(key, absent);
}

interface Guess {
  /** What the key was probably meant to be. */
  readonly suggestion: string | undefined;
  /** The property it probably belongs into. */
  readonly inside: string | undefined;
}

function unknown(
  tell: Tell,
  key: string,
  { suggestion, inside }: Guess,
  value: JsonObject,
  shape: ObjectShape,
  at: Place,
): void {
  const pointer = childPointer(at.pointer, key);
  const message = `Cannot use ${shown(key)} here: it is not a property of ${shape.title}`;
  const known = Object.keys(shape.properties).filter((name) => !Object.hasOwn(value, name));
  const hint =
    suggestion !== undefined
      ? `did you mean "${suggestion}"?`
      : inside !== undefined
        ? `it belongs inside \`${inside}\`, one level deeper`
        : known.length > 0
          ? `known here: ${known.slice(0, 20).join(", ")}`
          : "remove it";
  tell(schemaCodes.unknownProperty, pointer, message, { at: "key", hint });
}

/** The present or possible property whose own properties include the key: the indentation is probably one level off. */
function placeInside(key: string, value: JsonObject, shape: ObjectShape): string | undefined {
  const holds = (name: string): boolean => propertiesOf(shape.properties[name]).includes(key);
  const names = Object.keys(shape.properties);
  return (
    names.find((name) => isJsonObject(getKey(value, name)) && holds(name)) ??
    names.find((name) => shape.required.includes(name) && holds(name))
  );
}

function propertiesOf(shape: Shape | undefined): readonly string[] {
  if (shape?.kind === "object") return Object.keys(shape.properties);
  if (shape?.kind === "union") return propertiesOf(shape.object);
  return shape?.kind === "lazy" ? propertiesOf(shape.shape()) : [];
}

function missing(tell: Tell, key: string, shape: ObjectShape, at: Place): void {
  tell(schemaCodes.missingProperty, at.pointer, `Cannot use ${shape.title} without "${key}": it is required`, {
    at: "key",
    hint: `add "${key}:" to it`,
  });
}

function exactlyOne(
  tell: Tell,
  group: readonly string[],
  value: JsonObject,
  has: (key: string) => boolean,
  shape: ObjectShape,
  at: Place,
): void {
  const present = Object.keys(value).filter((key) => group.includes(key));
  const [first, second] = present;
  if (first !== undefined && second !== undefined) {
    const message = `Cannot use "${second}" beside "${first}": ${shape.title} should have only one of ${anyOf(group, "and")}`;
    tell(schemaCodes.alternatives, childPointer(at.pointer, second), message, { at: "key" });
  } else if (first === undefined && !group.some(has)) {
    tell(
      schemaCodes.alternatives,
      at.pointer,
      `Cannot use ${shape.title} like this: it should have one of ${anyOf(group, "and")}`,
      { at: "key" },
    );
  }
}

function excluded(tell: Tell, key: string, value: JsonObject, at: Place): void {
  const other = Object.keys(value).find((name) => name !== key);
  if (other === undefined) return;
  const message = `Cannot use "${other}" beside "${key}": the secret named by "${key}" holds all properties`;
  tell(schemaCodes.alternatives, childPointer(at.pointer, other), message, { at: "key" });
}

function companions(tell: Tell, value: JsonObject, shape: ObjectShape, has: (key: string) => boolean, at: Place): void {
  for (const [key, needed] of Object.entries(shape.needs)) {
    if (!Object.hasOwn(value, key) || has(needed)) continue;
    const message = `Cannot use "${key}" without "${needed}": it means something only beside it`;
    tell(schemaCodes.needs, childPointer(at.pointer, key), message, { at: "key" });
  }
  for (const [key, condition] of Object.entries(shape.exactlyWhen ?? {})) {
    const applies = getKey(value, condition.key) === condition.value;
    if (applies && !has(key)) {
      const message = `Cannot use "${condition.key}: ${condition.value}" without "${key}": it is required then`;
      tell(schemaCodes.missingProperty, childPointer(at.pointer, condition.key), message);
    } else if (!applies && Object.hasOwn(value, key) && has(condition.key)) {
      const message = `Cannot use "${key}" here: it means something only with "${condition.key}: ${condition.value}"`;
      tell(schemaCodes.needs, childPointer(at.pointer, key), message, { at: "key" });
    }
  }
}
