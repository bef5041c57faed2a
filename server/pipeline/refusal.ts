import { ApiError, type FieldViolation } from "../errors/api-error.ts";
import type { ErrorReason } from "../errors/catalogue.ts";

/*
 * The refusals that many requests share, with the texts of the contract in one place. Messages say what was tried, what is, and what should be.
 */

/** Reasons that are INVALID_ARGUMENT and may name fields. */
type InvalidReason =
  | "REQUEST_INVALID"
  | "NAME_INVALID"
  | "REFERENCE_INVALID"
  | "DEFINITION_INVALID"
  | "ORGANIZATION_MISMATCH"
  | "NUMBER_INVALID"
  | "NESTING_TOO_DEEP";

/** The request is wrong whatever the state of the server: INVALID_ARGUMENT with its field violations. */
export function invalidArgument(
  reason: ErrorReason,
  message: string,
  ...violations: readonly FieldViolation[]
): ApiError {
  return new ApiError(reason, message, { violations });
}

/** One field is wrong: INVALID_ARGUMENT whose text begins with the field. */
export function invalidField(field: string, description: string, reason: InvalidReason = "REQUEST_INVALID"): ApiError {
  return new ApiError(reason, `${field}: ${description}`, { violations: [{ field, description }] });
}

/** A command without the id it needs. */
export function idRequired(field: string, message = "resource id is required"): ApiError {
  return new ApiError("ID_REQUIRED", message, { violations: [{ field, description: "is empty" }] });
}

/** `<Kind> not found: <id or slug>`, the text existing clients look for. */
export function notFound(kind: string, name: string): ApiError {
  return new ApiError("RESOURCE_NOT_FOUND", `${kind} not found: ${name}`, { metadata: { kind, name } });
}

/** The slug is taken in this organization. */
export function slugExists(kind: string, slug: string, id: string): ApiError {
  return new ApiError("RESOURCE_EXISTS", `${kind} with slug '${slug}' already exists (id: ${id})`, {
    metadata: { kind, slug, id },
  });
}

/** The id is taken. */
export function idExists(kind: string, id: string): ApiError {
  return new ApiError("RESOURCE_EXISTS", `${kind} already exists: ${id}`, { metadata: { kind, id } });
}

/** Something else depends on what was to be removed. */
export function inUse(message: string): ApiError {
  return new ApiError("RESOURCE_IN_USE", message);
}

/** The run is not in a phase in which this can be done. */
export function phaseMismatch(message: string): ApiError {
  return new ApiError("PHASE_MISMATCH", message);
}

/** Somebody else wrote in between: read again and repeat. */
export function changed(message: string): ApiError {
  return new ApiError("RESOURCE_CHANGED", message);
}
