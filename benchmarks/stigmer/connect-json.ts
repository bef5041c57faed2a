import type { KeepAliveConnection } from "../keep-alive-connection.ts";

/** A message as the body of a request. */
export const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** A unary call of Connect with JSON; throws what the server refuses. */
export async function call(
  connection: KeepAliveConnection,
  path: string,
  body: Buffer,
): Promise<{ metadata?: { id: string } }> {
  const answer = await connection.post(path, "application/json", body);
  if (answer.status !== 200) throw new Error(`Stigmer refuses ${path}: ${answer.body.toString()}`);
  return JSON.parse(answer.body.toString()) as { metadata?: { id: string } };
}

/** The result that the last message of `watch` tells. */
export async function outputOf(connection: KeepAliveConnection, executionId: string): Promise<unknown> {
  const request = json({ executionId });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(request.length, 1);
  const path = "/ai.stigmer.orchestration.v1.WorkflowExecutionService/watch";
  const { body } = await connection.post(path, "application/connect+json", Buffer.concat([head, request]));
  let last: unknown;
  for (let at = 0; at < body.length; at += 5 + body.readUInt32BE(at + 1))
    if (body[at] === 0) last = JSON.parse(body.toString("utf8", at + 5, at + 5 + body.readUInt32BE(at + 1)));
  return (last as { execution?: { status?: { result?: unknown } } } | undefined)?.execution?.status?.result;
}
