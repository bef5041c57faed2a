import type { CommandDefinition } from "../command.ts";
import { apply } from "./apply.ts";
import { cancel } from "./cancel.ts";
import { completionOf } from "./completion.ts";
import { config } from "./config.ts";
import { deleteCommand } from "./delete.ts";
import { describe } from "./describe.ts";
import { dev } from "./dev.ts";
import { doctor } from "./doctor.ts";
import { explain } from "./explain.ts";
import { fmt } from "./fmt.ts";
import { get } from "./get.ts";
import { graph } from "./graph.ts";
import { history } from "./history.ts";
import { init } from "./init.ts";
import { lsp } from "./lsp.ts";
import { mcp } from "./mcp.ts";
import { resume } from "./resume.ts";
import { retry } from "./retry.ts";
import { run } from "./run.ts";
import { sendEvent } from "./send-event.ts";
import { server } from "./server.ts";
import { skip } from "./skip.ts";
import { suspend } from "./suspend.ts";
import { test } from "./test.ts";
import { validate } from "./validate.ts";
import { wait } from "./wait.ts";

/** Every command, in the order help lists them. */
export const commands: readonly CommandDefinition[] = [
  server,
  dev,
  apply,
  run,
  get,
  describe,
  wait,
  history,
  cancel,
  suspend,
  resume,
  retry,
  skip,
  sendEvent,
  deleteCommand,
  validate,
  test,
  fmt,
  explain,
  graph,
  init,
  config,
  doctor,
  completionOf(() => commands),
  mcp,
  lsp,
];
