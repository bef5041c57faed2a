/* How a call proves who it is (specification, section Authentication). */

/** A policy in place, or `use: <name>` of one in `use.authentications`. */
export type AuthenticationReference = { readonly use: string } | AuthenticationPolicy;

/** Exactly one of the five schemes is present. */
export interface AuthenticationPolicy {
  readonly basic?: UserPassword | SecretReference;
  readonly bearer?: { readonly token: string } | SecretReference;
  readonly digest?: UserPassword | SecretReference;
  readonly oauth2?: OAuth2Policy | SecretReference;
  readonly oidc?: OidcPolicy | SecretReference;
}

/** The policy's properties are those of the named secret. */
export interface SecretReference {
  readonly use: string;
}

export interface UserPassword {
  readonly username: string;
  readonly password: string;
}

export interface OidcPolicy {
  readonly authority: string;
  readonly grant: OAuth2Grant;
  readonly client?: OAuth2Client;
  readonly request?: { readonly encoding?: "application/x-www-form-urlencoded" | "application/json" };
  readonly issuers?: readonly string[];
  readonly scopes?: readonly string[];
  readonly audiences?: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly subject?: OAuth2Token;
  readonly actor?: OAuth2Token;
}

export interface OAuth2Policy extends OidcPolicy {
  readonly endpoints?: { readonly token?: string; readonly revocation?: string; readonly introspection?: string };
}

/** The spelling `client-credentials` of released examples is normalised by nobody: read it as `client_credentials`. */
export type OAuth2Grant =
  | "authorization_code"
  | "client_credentials"
  | "client-credentials"
  | "password"
  | "refresh_token"
  | "urn:ietf:params:oauth:grant-type:token-exchange";

export interface OAuth2Client {
  readonly id?: string;
  readonly secret?: string;
  readonly assertion?: string;
  /** Default: `client_secret_post`. */
  readonly authentication?:
    | "client_secret_basic"
    | "client_secret_post"
    | "client_secret_jwt"
    | "private_key_jwt"
    | "none";
}

export interface OAuth2Token {
  readonly token: string;
  readonly type: string;
}
