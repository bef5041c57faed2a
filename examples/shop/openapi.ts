/** The shop's OpenAPI 3.1 document, so that `call: openapi` can be tried against it. */
export function openapi(serverUrl: string): unknown {
  const json = (description: string) => ({
    description,
    content: { "application/json": { schema: { type: "object" } } },
  });
  const body = (...required: string[]) => ({
    required: true,
    content: {
      "application/json": {
        schema: { type: "object", required, properties: Object.fromEntries(required.map((name) => [name, {}])) },
      },
    },
  });
  const id = (name: string) => [{ name, in: "path", required: true, schema: { type: "string" } }];
  return {
    openapi: "3.1.0",
    info: { title: "Shop", version: "1.0.0", description: "A small shop to run example workflows against." },
    servers: [{ url: serverUrl }],
    paths: {
      "/reservations": {
        post: { operationId: "reserve", requestBody: body("sku", "quantity"), responses: { 201: json("Reserved") } },
      },
      "/reservations/{reservationId}": {
        delete: { operationId: "release", parameters: id("reservationId"), responses: { 200: json("Released") } },
      },
      "/payments": {
        post: {
          operationId: "charge",
          requestBody: body("orderId", "amount"),
          responses: { 201: json("Charged"), 503: json("Overloaded") },
        },
      },
      "/refunds": {
        post: { operationId: "refund", requestBody: body("paymentId"), responses: { 201: json("Refunded") } },
      },
      "/shipments": {
        post: { operationId: "ship", requestBody: body("orderId"), responses: { 201: json("Shipped") } },
      },
      "/invoices": {
        post: { operationId: "invoice", requestBody: body("orderId"), responses: { 201: json("Invoiced") } },
      },
      "/prices/{sku}": {
        get: { operationId: "getPrice", parameters: id("sku"), responses: { 200: json("The price") } },
        put: {
          operationId: "setPrice",
          parameters: id("sku"),
          requestBody: body("price"),
          responses: { 200: json("Set") },
        },
      },
      "/reports": {
        post: { operationId: "requestReport", requestBody: body("topic"), responses: { 201: json("Requested") } },
      },
      "/reports/{reportId}": {
        get: { operationId: "getReport", parameters: id("reportId"), responses: { 200: json("Running or ready") } },
      },
    },
  };
}
