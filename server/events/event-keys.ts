import { hash } from "node:crypto";
import { canonicalJson } from "@stigmer/core/lib/canonical-json.ts";
import { type Json, type JsonObject, getKey } from "@stigmer/core/lib/json.ts";
import type { EventFilter } from "@stigmer/core/protocol/command.ts";
import type { EventExpressions } from "./event-expressions.ts";

/*
 * How a million subscriptions are found without reading them. A subscription is stored under one key for each of its filters: the exact type (or `*`), and, where the filter has a correlation
 * or demands an attribute's exact value, that value. The kinds of values in use (their shapes) are few and known, so an event's keys are few too: its type and `*`, each alone and with the
 * value of every shape. Keys narrow; matchEvent decides.
 */

/** What a key's value is taken from: an attribute of the event or a correlation expression on it. */
export interface KeyShape {
  readonly type: string;
  readonly attribute?: string;
  readonly from?: string;
}

/** A filter's key and, unless it is the bare type, the shape events must be looked at with. */
export interface FilterKey {
  readonly key: string;
  readonly shape?: KeyShape;
}

const ANY_TYPE = "*";
const INDEXED_LAST = ["source", "specversion", "datacontenttype", "dataschema", "time", "id"];

/** The key a filter is stored under. */
export function filterKey(filter: EventFilter): FilterKey {
  const demandedType = filter.with["type"];
  const type =
    demandedType !== undefined && "equals" in demandedType && typeof demandedType.equals === "string"
      ? demandedType.equals
      : ANY_TYPE;
  const [correlation] = filter.correlate ?? [];
  if (correlation !== undefined) {
    const shape = { type, from: correlation.from };
    return { key: valueKey(shape, correlation.equals), shape };
  }
  for (const [attribute, demand] of Object.entries(filter.with)) {
    if (attribute === "type" || INDEXED_LAST.includes(attribute) || !("equals" in demand)) continue;
    const shape = { type, attribute };
    return { key: valueKey(shape, demand.equals), shape };
  }
  return { key: typeKey(type) };
}

/** The keys an event's subscribers may be stored under, given the shapes in use. */
export function eventKeys(
  event: JsonObject,
  shapes: Iterable<KeyShape>,
  expressions: EventExpressions,
): readonly string[] {
  const type = getKey(event, "type");
  const keys = new Set([typeKey(ANY_TYPE)]);
  if (typeof type === "string") keys.add(typeKey(type));
  for (const shape of shapes) {
    if (shape.type !== ANY_TYPE && shape.type !== type) continue;
    const value =
      shape.from === undefined ? getKey(event, shape.attribute ?? "") : expressions.first(shape.from, event);
    if (value !== undefined) keys.add(valueKey(shape, value));
  }
  return [...keys];
}

/** Text that names a shape: equal for equal shapes. */
export function shapeName(shape: KeyShape): string {
  return JSON.stringify([shape.type, shape.attribute ?? "", shape.from ?? ""]);
}

function typeKey(type: string): string {
  return `t:${type}`;
}

function valueKey(shape: KeyShape, value: Json): string {
  return `v:${hash("sha256", `${shapeName(shape)}\n${canonicalJson(value)}`, "base64url").slice(0, 22)}`;
}
