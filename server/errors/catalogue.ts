/** Codes of the RPC protocols (google.rpc.Code) that a caller can be told. */
export type ErrorCode =
  | "ABORTED"
  | "ALREADY_EXISTS"
  | "CANCELLED"
  | "DATA_LOSS"
  | "DEADLINE_EXCEEDED"
  | "FAILED_PRECONDITION"
  | "INTERNAL"
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "OUT_OF_RANGE"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "UNAUTHENTICATED"
  | "UNAVAILABLE"
  | "UNIMPLEMENTED";

/** What is known of one reason. */
export interface CatalogueEntry {
  readonly code: ErrorCode;
  /** What happened, in a sentence of the reference. */
  readonly meaning: string;
  /** What a caller can do about it. */
  readonly remedy: string;
}

const entry = (code: ErrorCode, meaning: string, remedy: string): CatalogueEntry => ({ code, meaning, remedy });

/**
 * Every reason for which a caller can be refused. Reasons are stable: clients may compare them, so one is never renamed and never changes its code.
 * docs/reference/errors.md lists the same, and a test compares both ways.
 */
export const catalogue = {
  REQUEST_MALFORMED: entry(
    "INVALID_ARGUMENT",
    "The body cannot be decoded as the request message.",
    "Send the message as the protocol says; the text names the place.",
  ),
  REQUEST_INVALID: entry(
    "INVALID_ARGUMENT",
    "A field breaks a rule of the API.",
    "Correct the fields that `BadRequest` names.",
  ),
  TEXT_INVALID: entry(
    "INVALID_ARGUMENT",
    "A text is not valid Unicode: broken UTF-8 or half of a surrogate pair.",
    "Send valid UTF-8.",
  ),
  NUMBER_INVALID: entry(
    "INVALID_ARGUMENT",
    "A number is too large for a double, such as `1e999`.",
    "Send it as a string.",
  ),
  NESTING_TOO_DEEP: entry("INVALID_ARGUMENT", "A value is nested deeper than 64 levels.", "Flatten the value."),
  ID_REQUIRED: entry("INVALID_ARGUMENT", "The id of a resource is missing.", "Send the id."),
  REFERENCE_INVALID: entry(
    "INVALID_ARGUMENT",
    "A reference has no slug, or names another kind.",
    "Send a slug, and no kind or the right one.",
  ),
  REFERENCE_AMBIGUOUS: entry(
    "INVALID_ARGUMENT",
    "Several organizations have a resource with this slug.",
    "Send the organization too.",
  ),
  NAME_INVALID: entry(
    "INVALID_ARGUMENT",
    "No slug can be made from the name, or the slug sent is not one.",
    "Use lowercase letters, digits and hyphens.",
  ),
  DEFINITION_INVALID: entry(
    "INVALID_ARGUMENT",
    "The definition of a workflow has errors.",
    "Correct what the text names; `stigmer validate` shows all.",
  ),
  ORGANIZATION_MISMATCH: entry(
    "INVALID_ARGUMENT",
    "A resource of one organization refers to one of another.",
    "Put both into the same organization, or use a scope that allows it.",
  ),
  EXECUTION_TARGET_REQUIRED: entry(
    "INVALID_ARGUMENT",
    "A run names neither a workflow nor an instance.",
    "Send `workflow_id` or `workflow_instance_id`.",
  ),
  INPUT_INVALID: entry("INVALID_ARGUMENT", "The input does not fit the schema of the workflow.", "Correct the input."),
  PAGE_TOKEN_INVALID: entry(
    "INVALID_ARGUMENT",
    "A page token was not made by this server for this question.",
    "Start again without a token.",
  ),
  PATH_INVALID: entry(
    "INVALID_ARGUMENT",
    "A path on the server's machine cannot be used.",
    "Name a file that does not exist, in a directory that does.",
  ),
  EVENT_INVALID: entry(
    "INVALID_ARGUMENT",
    "A CloudEvent breaks the rules of its specification.",
    "Correct the attribute that the text names.",
  ),
  POSITION_OUT_OF_RANGE: entry(
    "OUT_OF_RANGE",
    "The journal of the run has no such position.",
    "Ask for a position up to the one in the run's status.",
  ),
  CALLER_UNKNOWN: entry("UNAUTHENTICATED", "The credentials are missing, expired or wrong.", "Sign in again."),
  PERMISSION_DENIED: entry(
    "PERMISSION_DENIED",
    "The caller lacks the permission that the method declares.",
    "Ask an operator for the permission.",
  ),
  HOST_DENIED: entry(
    "PERMISSION_DENIED",
    "The `Host` header names a host this server does not answer for.",
    "Use the server's own address, or add the name to `allowed-hosts`.",
  ),
  ORIGIN_DENIED: entry(
    "PERMISSION_DENIED",
    "A web page of another origin tries to call.",
    "Add the origin to `allowed-origins` if it is meant to.",
  ),
  RESOURCE_NOT_FOUND: entry(
    "NOT_FOUND",
    "There is no such resource that the caller may see.",
    "Check id, slug and organization.",
  ),
  VERSION_NOT_FOUND: entry("NOT_FOUND", "The workflow never had this version.", "List the versions of the workflow."),
  TASK_NOT_FOUND: entry("NOT_FOUND", "The definition of the run has no such task.", "Send the JSON pointer of a task."),
  RESOURCE_EXISTS: entry("ALREADY_EXISTS", "The slug or id is taken.", "Choose another name, or use `apply`."),
  RESOURCE_CHANGED: entry(
    "ABORTED",
    "The resource was written since its `resource_version` was read.",
    "Read it again and repeat the change.",
  ),
  RESOURCE_IN_USE: entry("FAILED_PRECONDITION", "Other resources or open runs depend on it.", "Remove those first."),
  PHASE_MISMATCH: entry(
    "FAILED_PRECONDITION",
    "The run is in a phase in which this cannot be done.",
    "Look at the phase of the run.",
  ),
  EXECUTION_QUARANTINED: entry(
    "FAILED_PRECONDITION",
    "The journal of the run failed a check, and nothing is guessed.",
    "Restore the run from a backup, or delete it.",
  ),
  IDEMPOTENCY_CONFLICT: entry(
    "FAILED_PRECONDITION",
    "The idempotency key was used for another request.",
    "Use a new key for a new run.",
  ),
  CAPABILITY_OFF: entry(
    "FAILED_PRECONDITION",
    "The definition needs an ability that this server has switched off.",
    "Start the server with the ability, see `allow-run`.",
  ),
  REQUEST_TOO_LARGE: entry(
    "RESOURCE_EXHAUSTED",
    "A message is larger than the limit, after decompression.",
    "Send less, or raise the limit that the text names.",
  ),
  LIMIT_EXCEEDED: entry(
    "RESOURCE_EXHAUSTED",
    "Another limit of the server is exceeded.",
    "Stay below the limit that the text names, or raise it.",
  ),
  DISK_FULL: entry(
    "RESOURCE_EXHAUSTED",
    "The disk is full: nothing can be written, reading goes on.",
    "Free space; the server goes on by itself.",
  ),
  SUBSCRIBER_TOO_SLOW: entry(
    "RESOURCE_EXHAUSTED",
    "A watcher did not read its stream fast enough.",
    "Watch again from the last position seen.",
  ),
  SERVER_OVERLOADED: entry(
    "UNAVAILABLE",
    "Too much is waiting, to be taken up or to be written.",
    "Send it again after the time in `RetryInfo`.",
  ),
  SERVER_NOT_READY: entry(
    "UNAVAILABLE",
    "The server is starting, recovering or stopping.",
    "Send it again in a moment.",
  ),
  DEADLINE_EXCEEDED: entry(
    "DEADLINE_EXCEEDED",
    "The caller's deadline passed before the answer was there.",
    "Allow more time; a write may have happened.",
  ),
  CALL_CANCELLED: entry("CANCELLED", "The caller went away.", "Nothing; a write may have happened."),
  METHOD_NOT_FOUND: entry("UNIMPLEMENTED", "The server has no such method.", "Check the names against the reference."),
  FEATURE_UNSUPPORTED: entry(
    "UNIMPLEMENTED",
    "The contract knows this, but this server cannot do it.",
    "See the text for what can be done instead.",
  ),
  DATA_CORRUPT: entry(
    "DATA_LOSS",
    "Stored data failed its checksum, or the database file is damaged.",
    "Restore a backup; `stigmer doctor` tells more.",
  ),
  INTERNAL: entry(
    "INTERNAL",
    "A fault of the server. The log has more under the id in the text.",
    "Report it with the id.",
  ),
} as const satisfies { readonly [reason: string]: CatalogueEntry };

/** A stable reason out of the catalogue. */
export type ErrorReason = keyof typeof catalogue;
