import { startShop } from "./shop.ts";

/* `npm run shop`: the shop on its usual port, until Ctrl-C. */
const shop = await startShop(Number(process.env["SHOP_PORT"] ?? 7400));
console.error(`Shop at ${shop.url}  (OpenAPI: ${shop.url}/openapi.json, what it saw: ${shop.url}/effects)`);
