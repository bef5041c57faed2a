import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";

/*
 * A loopback double of the two public sites that the conformance kit calls: a pet store with a Swagger 2.0 document, and basic authentication of an echo site. What it answers is a pure function,
 * so that a simulated run and a run over real HTTP get the same.
 */

/** What is asked of the double: method, host and path with query of the site it stands for, and the headers. */
export interface DoubleRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
}

/** What it answers. */
export interface DoubleResponse {
  readonly status: number;
  readonly body: Json;
}

/** Hosts the double stands for: requests to them go to it. */
export const doubledHosts = ["petstore.swagger.io", "httpbin.org"];

const pets: readonly JsonObject[] = [
  { id: 1, name: "Milou", status: "available", photoUrls: [], tags: [] },
  { id: 2, name: "Rex", status: "sold", photoUrls: [], tags: [] },
  { id: 3, name: "Felix", status: "available", photoUrls: [], tags: [] },
];

const swagger: JsonObject = {
  swagger: "2.0",
  info: { title: "Pet store double", version: "1.0.0" },
  host: "petstore.swagger.io",
  basePath: "/v2",
  schemes: ["https"],
  paths: {
    "/pet/findByStatus": {
      get: {
        operationId: "findPetsByStatus",
        produces: ["application/json"],
        parameters: [
          {
            name: "status",
            in: "query",
            required: true,
            type: "array",
            items: { type: "string" },
            collectionFormat: "multi",
          },
        ],
        responses: { "200": { description: "pets" } },
      },
    },
    "/pet/{petId}": {
      get: {
        operationId: "getPetById",
        produces: ["application/json"],
        parameters: [{ name: "petId", in: "path", required: true, type: "integer", format: "int64" }],
        responses: { "200": { description: "a pet" }, "404": { description: "no such pet" } },
      },
    },
  },
};

/** The double's answer to a request; what it does not know is 404. */
export function doubleAnswer({ method, host, path, headers }: DoubleRequest): DoubleResponse {
  const { pathname, searchParams } = new URL(path, "http://double.example");
  if (method.toUpperCase() !== "GET") return notFound;
  if (host === "petstore.swagger.io") {
    if (pathname === "/v2/swagger.json") return { status: 200, body: swagger };
    if (pathname === "/v2/pet/findByStatus")
      return { status: 200, body: pets.filter(({ status }) => searchParams.getAll("status").includes(String(status))) };
    const pet = pets.find(({ id }) => pathname === `/v2/pet/${String(id)}`);
    return pet === undefined ? notFound : { status: 200, body: pet };
  }
  const credentials = /^\/basic-auth\/([^/]+)\/([^/]+)$/u.exec(pathname);
  if (host !== "httpbin.org" || credentials === null) return notFound;
  const [, user, password] = credentials;
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  return headers["authorization"] === expected
    ? { status: 200, body: { authenticated: true, user: user as string } }
    : { status: 401, body: { authenticated: false } };
}

const notFound: DoubleResponse = { status: 404, body: { code: 1, type: "error", message: "Not found" } };

/** The double as an HTTP server on a port of the system's choosing. Requests carry the site they are for in `Host`, or in `X-Doubled-Host` where the caller cannot set that. */
export async function startDouble(): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const host = headers["x-doubled-host"] ?? headers["host"] ?? "";
    const { status, body } = doubleAnswer({
      method: request.method ?? "GET",
      host: host.replace(/:\d+$/u, ""),
      path: request.url ?? "/",
      headers,
    });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => server.close((error) => (error === undefined ? resolve() : reject(error)))),
  };
}
