import { ActivityFault } from "../activities/activity.ts";
import type { ActivityOptions } from "../activities/activity-options.ts";
import { HttpClient } from "../activities/http/http-client.ts";
import { NetworkGuard } from "../activities/network-guard.ts";
import { type EventSink, parseEventSink } from "../config/event-sink.ts";
import type { SinkPorts } from "../events/sinks/sink-queue.ts";
import { Sinks } from "../events/sinks/sinks.ts";
import { SinkCredentialFault, sinkCredentials } from "./sink-credentials.ts";

/** The sinks of events, over connections of their own. */
export interface OpenedSinks {
  readonly sinks: Sinks;
  /** Ends what is under way; what was not sent stays for the next start. */
  close(): Promise<void>;
}

/** A sink that could never be sent to: the text says which and why. */
export class SinkUnreachable extends Error {
  override readonly name = "SinkUnreachable";
}

/**
 * Opens the sinks an operator configured, behind the same guard and limits as the calls of workflows. Rejects with SinkUnreachable for an address that calls may not reach, and for a credential that is not
 * there.
 */
export async function openSinks(
  texts: readonly string[],
  { network, http: limits, now }: ActivityOptions,
  backlogMax: number,
  ports: Omit<SinkPorts, "send">,
  env: { readonly [name: string]: string | undefined } = process.env,
): Promise<OpenedSinks> {
  const guard = new NetworkGuard(network);
  const sinks = texts.flatMap((text) => parseEventSink(text) ?? []);
  for (const { url } of sinks) refuseUnreachable(url, guard);
  for (const sink of sinks) await refuseWithoutCredentials(sink, env);
  const http = new HttpClient(guard, limits, now);
  const send: SinkPorts["send"] = async (sink, made, body, signal) => {
    const headers = { ...made, ...(await sinkCredentials(sink, env)) };
    const { statusCode } = await http.send({ method: "POST", url: new URL(sink.url), headers, body }, signal);
    return statusCode;
  };
  const opened = new Sinks(sinks, { ...ports, send }, backlogMax);
  return {
    sinks: opened,
    async close() {
      await opened.stop();
      await http.close();
    },
  };
}

async function refuseWithoutCredentials(
  sink: EventSink,
  env: { readonly [name: string]: string | undefined },
): Promise<void> {
  try {
    await sinkCredentials(sink, env);
  } catch (error) {
    throw error instanceof SinkCredentialFault ? new SinkUnreachable(error.message, { cause: error }) : error;
  }
}

function refuseUnreachable(url: string, guard: NetworkGuard): void {
  try {
    guard.checkHost(new URL(url).hostname);
  } catch (error) {
    if (!(error instanceof ActivityFault)) throw error;
    const why = error.fault.detail ?? error.message;
    throw new SinkUnreachable(`Cannot send events to "${url}": ${why}; --allow-network opens addresses`, {
      cause: error,
    });
  }
}
