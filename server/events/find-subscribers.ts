import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { EventFilter } from "@stigmer/core/protocol/command.ts";
import type { SubscriptionReader } from "../store/ports.ts";
import type { CorrelationIndex } from "./correlation-index.ts";
import type { EventExpressions } from "./event-expressions.ts";
import { matchEvent } from "./match-event.ts";

/** A subscription an event is for. */
export interface Subscriber {
  readonly run: number;
  readonly id: number;
}

const PAGE = 500;
const PARSED_MAX = 4_096;
const parsed = new Map<string, readonly EventFilter[]>();

/** Finds every subscription of an organization that an event matches, page by page, in order of run and id. */
export async function* findSubscribers(
  org: string,
  event: JsonObject,
  index: CorrelationIndex,
  subscriptions: SubscriptionReader,
  expressions: EventExpressions,
): AsyncGenerator<readonly Subscriber[]> {
  const keys = index.keysOf(org, event);
  let after: Subscriber | undefined;
  for (;;) {
    const page = await subscriptions.byKeys(org, keys, PAGE, after);
    const found = page.filter((row) =>
      parseFilters(row.filters).some((filter) => matchEvent(event, filter, expressions)),
    );
    if (found.length > 0) yield found.map(({ run, id }) => ({ run, id }));
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = { run: last.run, id: last.id };
  }
}

/** Many runs of one workflow have the same filters: their text is parsed once. */
function parseFilters(text: string): readonly EventFilter[] {
  let filters = parsed.get(text);
  if (filters === undefined) {
    filters = JSON.parse(text) as readonly EventFilter[];
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(text, filters);
  }
  return filters;
}
