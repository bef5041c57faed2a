import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { authorizationAt, hasSecretMarker, replaceSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault, type ActivityContext } from "./activity.ts";
import { Redactor } from "./redaction.ts";

/** A marker that went through URL encoding, as it does in URI templates and `@uri`. */
const ENCODED_OPEN = "%EE%80%80";
const ENCODED_MARKER = /%EE%80%80(?:(?!%EE%80%8[01]).)*%EE%80%81/gu;

/** The fault of a secret that a run does not have (specification, section Secrets: an authorization error, 403). */
function missingSecret(path: readonly string[]): ActivityFault {
  return new ActivityFault(
    standardFault(
      "authorization",
      "Secret not available",
      `Cannot use secret "${path.join(".")}": this run has no such secret, its environment or start request should bring it`,
    ),
  );
}

/** What `reveal` throws for `$authorization.parameter` of this call, which has to be made first: `supply` it and reveal again. */
export class AuthorizationNeeded extends Error {
  override readonly name = "AuthorizationNeeded";
  /** Path of the marker. */
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    super("Cannot reveal the parameter of an authorization: it was not supplied yet");
    this.path = path;
  }
}

/** Redactors by the object that holds a run's secrets, so that they are prepared once for all calls of a run. */
const prepared = new WeakMap<JsonObject, Redactor>();

function redactorOf(secrets: JsonObject): Redactor {
  const known = prepared.get(secrets);
  if (known !== undefined) return known;
  const redactor = new Redactor();
  redactor.addSecret(secrets, []);
  prepared.set(secrets, redactor);
  return redactor;
}

/** What an activity may know of a run's secrets: it reads values through here, so that each value read is redacted from what comes back. */
export class SecretScope {
  readonly redactor: Redactor;
  readonly #context: Pick<ActivityContext, "secret">;
  readonly #supplied = new Map<string, string>();

  constructor(context: Pick<ActivityContext, "secret">) {
    this.#context = context;
    // The empty path is all secrets of the run: a peer may also give back one that this call did not send.
    const all = context.secret([]);
    this.redactor = new Redactor(isJsonObject(all) ? redactorOf(all) : undefined);
  }

  /** The value of a secret; throws an authorization fault when the run has none at this path. */
  value(path: readonly string[]): Json {
    const value = this.#context.secret(path);
    if (value === undefined) throw missingSecret(path);
    this.redactor.addSecret(value, path);
    return value;
  }

  /** Gives the parameter of an authorization its value, which is redacted from what comes back. */
  supply(path: readonly string[], value: string): void {
    this.redactor.addDerived(value);
    this.#supplied.set(JSON.stringify(path), value);
  }

  /** Arguments with secret values in place of their markers, in keys and texts at any depth. */
  reveal(value: Json): Json {
    if (typeof value === "string") return this.#revealText(value);
    if (isJsonArray(value)) return value.map((item) => this.reveal(item));
    if (!isJsonObject(value)) return value;
    const revealed: Record<string, Json> = {};
    for (const [key, item] of Object.entries(value)) setKey(revealed, this.#revealText(key), this.reveal(item));
    return revealed;
  }

  /** The properties of a policy that says `{ use: "<secret>" }`, which are the secret's own; any other policy as it is. */
  policyProperties(policy: JsonObject): JsonObject {
    const name = getKey(policy, "use");
    if (typeof name !== "string") return policy;
    const value = this.value([name]);
    if (isJsonObject(value)) return value;
    throw new ActivityFault(
      standardFault(
        "authentication",
        "Unusable secret",
        `Cannot authenticate with secret "${name}": it is no object, it should hold the properties of the authentication policy`,
      ),
    );
  }

  #revealText(text: string): string {
    if (hasSecretMarker(text)) return replaceSecretMarkers(text, (path) => this.#text(path));
    if (!text.includes(ENCODED_OPEN)) return text;
    return text.replaceAll(ENCODED_MARKER, (encoded) => {
      const marker = decodeURIComponent(encoded);
      return encodeURIComponent(replaceSecretMarkers(marker, (path) => this.#text(path)));
    });
  }

  #text(path: readonly string[]): string {
    if (authorizationAt(path) !== undefined) {
      const supplied = this.#supplied.get(JSON.stringify(path));
      if (supplied === undefined) throw new AuthorizationNeeded(path);
      return supplied;
    }
    const value = this.value(path);
    return typeof value === "string" ? value : JSON.stringify(value);
  }
}
