import { a2aMethods, asyncApiProtocols, mcpMethods } from "../model.ts";
import { authenticationReference } from "./authentication-shapes.ts";
import { duration, endpoint, externalResource, orExpression, texts, textsByName, values } from "./data-shapes.ts";
import { subscriptionIterator } from "./event-shapes.ts";
import { type Shape, boolean, choice, integer, map, object, anything, text, union } from "./shape.ts";

const httpOutput = choice("raw", "content", "response");

const http = object("the arguments of an HTTP call", {
  "method!": text(),
  "endpoint!": endpoint,
  headers: orExpression(textsByName("headers", true)),
  body: anything(),
  query: orExpression(textsByName("query parameters", true)),
  output: httpOutput,
  redirect: boolean,
});

const grpc = object("the arguments of a gRPC call", {
  "proto!": externalResource,
  "service!": object("a gRPC service", {
    "name!": text(),
    "host!": text(),
    port: integer(0, 65_535),
    authentication: authenticationReference,
  }),
  "method!": text(),
  arguments: values("arguments"),
});

const openapi = object("the arguments of an OpenAPI call", {
  "document!": externalResource,
  "operationId!": text(),
  parameters: values("parameters"),
  authentication: authenticationReference,
  output: httpOutput,
  redirect: boolean,
});

const consumption = object(
  "a consumption policy",
  { for: duration(), amount: integer(1), while: text("marked-expression"), until: text("marked-expression") },
  { exactlyOne: [["amount", "while", "until"]] },
);

const asyncapi = object(
  "the arguments of an AsyncAPI call",
  {
    "document!": externalResource,
    channel: text(),
    operation: text(),
    server: object("an AsyncAPI server", { "name!": text(), variables: values("server variables") }),
    protocol: choice(...asyncApiProtocols),
    message: object("a message", { payload: values("a payload"), headers: values("message headers") }),
    subscription: object("a subscription", {
      filter: text("marked-expression"),
      "consume!": consumption,
      foreach: subscriptionIterator,
    }),
    authentication: authenticationReference,
  },
  {
    exactlyOne: [
      ["operation", "channel"],
      ["message", "subscription"],
    ],
  },
);

const a2a = object(
  "the arguments of an A2A call",
  {
    agentCard: externalResource,
    server: endpoint,
    "method!": choice(...a2aMethods),
    parameters: union({ text: text("marked-expression"), object: map("parameters", anything(), 1) }),
  },
  { atLeastOne: [["agentCard", "server"]] },
);

const mcp = object("the arguments of an MCP call", {
  protocolVersion: text("literal"),
  "method!": choice(...mcpMethods),
  parameters: orExpression(values("parameters")),
  timeout: duration(),
  "transport!": object(
    "an MCP transport",
    {
      http: object("an HTTP transport", { "endpoint!": endpoint, headers: textsByName("headers", true) }),
      stdio: object("a stdio transport", {
        "command!": text(),
        arguments: texts,
        environment: textsByName("an environment", false),
      }),
      options: textsByName("options", false),
    },
    { exactlyOne: [["http", "stdio"]] },
  ),
  client: object("an MCP client", { "name!": text(), "version!": text() }),
});

/** The arguments of the six calls of protocols, by the name of the call. */
export const protocolArguments: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ["http", http],
  ["grpc", grpc],
  ["openapi", openapi],
  ["asyncapi", asyncapi],
  ["a2a", a2a],
  ["mcp", mcp],
]);

/** The arguments of a function: whatever the function takes. */
export const functionArguments: Shape = values("arguments");
