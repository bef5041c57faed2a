import { type Shape, choice, list, object, text } from "./shape.ts";

const token = object("a token", { "token!": text(), "type!": text() });

const userPassword = { "username!": text(), "password!": text() };

/** Properties of a policy in place, or `use`, the name of a secret that holds them. */
function orSecret(title: string, properties: Readonly<Record<string, Shape>>): Shape {
  return object(title, { use: text("secret"), ...properties }, { insteadOf: "use" });
}

const oidcProperties: Readonly<Record<string, Shape>> = {
  "authority!": text("uri"),
  "grant!": choice(
    "authorization_code",
    "client_credentials",
    "client-credentials",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:token-exchange",
  ),
  client: object("an OAuth2 client", {
    id: text(),
    secret: text(),
    assertion: text(),
    authentication: choice("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"),
  }),
  request: object("a token request", { encoding: choice("application/x-www-form-urlencoded", "application/json") }),
  issuers: list(text()),
  scopes: list(text()),
  audiences: list(text()),
  username: text(),
  password: text(),
  subject: token,
  actor: token,
};

const oauth2Endpoints = object("OAuth2 endpoints", {
  token: text("uri"),
  revocation: text("uri"),
  introspection: text("uri"),
});

const schemes: Readonly<Record<string, Shape>> = {
  basic: orSecret("a basic authentication", userPassword),
  bearer: orSecret("a bearer authentication", { "token!": text() }),
  digest: orSecret("a digest authentication", userPassword),
  oauth2: orSecret("an OAuth2 authentication", { ...oidcProperties, endpoints: oauth2Endpoints }),
  oidc: orSecret("an OpenID Connect authentication", oidcProperties),
};

/** An entry of `use.authentications`. */
export const authenticationPolicy: Shape = object("an authentication policy", schemes, {
  exactlyOne: [Object.keys(schemes)],
});

/** A policy in place, or `use` with the name of one. */
export const authenticationReference: Shape = object(
  "an authentication",
  { use: text("authentication"), ...schemes },
  { exactlyOne: [["use", ...Object.keys(schemes)]] },
);
