import { Buffer } from "node:buffer";
import { invalidField } from "../pipeline/refusal.ts";
import type { SecretBox } from "./secret-box.ts";

/** What callers see in the place of a secret; sent back in an update it means "as it is". */
export const REDACTED = "[redacted]";

const SEALED = "sealed:";

/** One variable of an environment, an execution or a declaration: all of them have these two fields. */
export interface Variable {
  value: string;
  isSecret: boolean;
}

/** Variables by name. */
export type Variables = { readonly [name: string]: Variable };

/**
 * Seals the secrets of a resource in place, each bound to the resource and its name. A redacted secret takes over the sealed value it has in `before`; where there is none the request is
 * refused, since the placeholder would become the secret.
 */
export function sealVariables(
  variables: Variables,
  owner: string,
  box: SecretBox,
  field: string,
  before: Variables = {},
): void {
  for (const [name, variable] of Object.entries(variables)) {
    if (!variable.isSecret) continue;
    if (variable.value === REDACTED) variable.value = keptValue(name, field, before);
    else if (variable.value !== "")
      variable.value = SEALED + toText(box.seal(Buffer.from(variable.value, "utf8"), aadOf(owner, name)));
  }
}

/** Puts the placeholder in place of every secret that has a value. */
export function redactVariables(variables: Variables): void {
  for (const variable of Object.values(variables)) {
    if (variable.isSecret && variable.value !== "") variable.value = REDACTED;
  }
}

/** The value of a variable as stored: opened when it is sealed. Throws SecretUnreadable. */
export function openVariable(variable: Variable, name: string, owner: string, box: SecretBox): string {
  if (!isSealed(variable)) return variable.value;
  return Buffer.from(box.open(toBytes(variable.value), aadOf(owner, name))).toString("utf8");
}

/** Re-wraps the sealed secrets of a resource under the current key; tells whether anything changed. */
export function rewrapVariables(variables: Variables, owner: string, box: SecretBox): boolean {
  let changed = false;
  for (const [name, variable] of Object.entries(variables)) {
    if (!isSealed(variable) || !box.needsRewrap(toBytes(variable.value))) continue;
    variable.value = SEALED + toText(box.rewrap(toBytes(variable.value), aadOf(owner, name)));
    changed = true;
  }
  return changed;
}

function keptValue(name: string, field: string, before: Variables): string {
  const kept = Object.hasOwn(before, name) ? before[name] : undefined;
  if (kept?.isSecret === true && kept.value !== "") return kept.value;
  throw invalidField(
    `${field}["${name}"].value`,
    `is the placeholder ${REDACTED} of a secret that is not stored, should be the secret itself`,
  );
}

/** A secret is sealed exactly when it is stored; a plain variable that looks sealed is a plain text. */
function isSealed(variable: Variable): boolean {
  return variable.isSecret && variable.value.startsWith(SEALED);
}

function aadOf(owner: string, name: string): string {
  return JSON.stringify([owner, name]);
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function toBytes(value: string): Uint8Array {
  return Buffer.from(value.slice(SEALED.length), "base64url");
}
