import type { Json, JsonObject } from "../../lib/json.ts";
import type { AuthenticationReference } from "./authentication.ts";

/* What any part of a document is made of: expressions, times, transformations, schemas and places elsewhere. */

/** A runtime expression or a text that may hold `${ ... }`; the property's place in the specification says which. */
export type ExpressionText = string;

/** A duration as written: ISO 8601 text, a runtime expression, or units added up. See lib/duration.ts. */
export type Duration = string | InlineDuration;

export interface InlineDuration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

export interface TimeoutDefinition {
  readonly after: Duration;
}

export interface InputDefinition {
  readonly schema?: SchemaDefinition;
  readonly from?: ExpressionText | JsonObject;
}

export interface OutputDefinition {
  readonly schema?: SchemaDefinition;
  readonly as?: ExpressionText | JsonObject;
}

export interface ExportDefinition {
  readonly schema?: SchemaDefinition;
  readonly as?: ExpressionText | JsonObject;
}

/** A schema in place (`document`) or elsewhere (`resource`); exactly one of the two. `format` is `json` or `json:<version>`. */
export interface SchemaDefinition {
  readonly format?: string;
  readonly document?: Json;
  readonly resource?: ExternalResource;
}

export interface ExternalResource {
  readonly name?: string;
  readonly endpoint: Endpoint;
}

/** A URI, URI template or runtime expression, alone or with an authentication. */
export type Endpoint = string | { readonly uri: string; readonly authentication?: AuthenticationReference };

export interface CatalogDefinition {
  readonly endpoint: Endpoint;
}
