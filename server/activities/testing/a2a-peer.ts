import { type AgentCard, Message, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from "@a2a-js/sdk";
import { LegacyJsonRpcTransportHandler } from "@a2a-js/sdk/compat/v0_3/server";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
  ServerCallContext,
} from "@a2a-js/sdk/server";
import { type HttpPeer, httpPeer, json } from "./http-peer.ts";

/** An agent made with the official SDK: it answers "hello" with a message, anything else with a task that streams one artifact, and "wait" with a task that does not end. */
const executor: AgentExecutor = {
  async execute(context, bus) {
    const { taskId, contextId, userMessage } = context;
    const [part] = userMessage.parts;
    const text = part?.content?.$case === "text" ? part.content.value : "";
    if (text === "hello") {
      bus.publish(
        AgentEvent.message(
          Message.fromJSON({
            messageId: "answer",
            contextId,
            role: "ROLE_AGENT",
            parts: [{ text: `hello ${userMessage.messageId}` }],
          }),
        ),
      );
      bus.finished();
      return;
    }
    bus.publish(
      AgentEvent.task(
        Task.fromJSON({ id: taskId, contextId, status: { state: "TASK_STATE_WORKING" }, artifacts: [], history: [] }),
      ),
    );
    if (text === "wait") return;
    bus.publish(
      AgentEvent.artifactUpdate(
        TaskArtifactUpdateEvent.fromJSON({
          taskId,
          contextId,
          artifact: { artifactId: "a", parts: [{ text: `did ${text}` }] },
          lastChunk: true,
        }),
      ),
    );
    bus.publish(
      AgentEvent.statusUpdate(
        TaskStatusUpdateEvent.fromJSON({ taskId, contextId, status: { state: "TASK_STATE_COMPLETED" } }),
      ),
    );
    bus.finished();
  },
  async cancelTask(taskId, bus) {
    bus.publish(
      AgentEvent.statusUpdate(
        TaskStatusUpdateEvent.fromJSON({ taskId, contextId: "", status: { state: "TASK_STATE_CANCELED" } }),
      ),
    );
    bus.finished();
  },
};

/** Serves the agent at `/rpc` and its card at `/card.json`; `/broken` answers what no agent should. */
export async function a2aPeer(): Promise<HttpPeer> {
  const cardOf = (origin: string): AgentCard => ({
    name: "peer",
    description: "",
    version: "1.0.0",
    supportedInterfaces: [{ url: `${origin}/rpc`, protocolBinding: "JSONRPC", protocolVersion: "0.3", tenant: "" }],
    capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true, extensions: [] },
    provider: undefined,
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [],
    signatures: [],
  });
  const peer = await httpPeer(async (request, response) => {
    if (request.url === "/card.json") {
      return json(response, {
        name: "peer",
        url: "/rpc",
        preferredTransport: "JSONRPC",
        securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Key" } },
      });
    }
    if (request.url === "/card-1.json") return json(response, cardOf(peer.origin));
    if (request.url === "/card-grpc.json")
      return json(response, { name: "peer", url: "http://x", preferredTransport: "GRPC" });
    if (request.url === "/broken") return json(response, { hello: true });
    if (request.url === "/down") return json(response, { message: "down" }, 503);
    if (request.url === "/list")
      return json(response, {
        jsonrpc: "2.0",
        id: 1,
        result: { tasks: [], params: (JSON.parse(request.body) as { params?: unknown }).params ?? null },
      });
    const answer = await handler.handle(request.body, new ServerCallContext());
    if (!(Symbol.asyncIterator in answer)) return json(response, answer);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const write = (event: unknown): boolean => response.write(`data: ${JSON.stringify(event)}\n\n`);
    try {
      for await (const event of answer) write(event);
    } catch (error) {
      write({ jsonrpc: "2.0", id: 1, error: LegacyJsonRpcTransportHandler.mapToLegacyJSONRPCError(error) });
    }
    return response.end();
  });
  const card = cardOf(peer.origin);
  const handler = new LegacyJsonRpcTransportHandler(
    new DefaultRequestHandler(
      card,
      new InMemoryTaskStore(),
      executor,
      undefined,
      new InMemoryPushNotificationStore(),
      undefined,
      card,
    ),
  );
  return peer;
}
