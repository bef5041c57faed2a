import type { CommandDefinition } from "../command.ts";
import { apply } from "./apply.ts";
import { backup } from "./backup.ts";
import { cancel } from "./cancel.ts";
import { completionOf } from "./completion.ts";
import { config } from "./config.ts";
import { context } from "./context.ts";
import { deleteCommand } from "./delete.ts";
import { describe } from "./describe.ts";
import { dev } from "./dev.ts";
import { diff } from "./diff.ts";
import { doctor } from "./doctor.ts";
import { examples } from "./examples.ts";
import { explain } from "./explain.ts";
import { fmt } from "./fmt.ts";
import { get } from "./get.ts";
import { goto } from "./goto.ts";
import { graph } from "./graph.ts";
import { history } from "./history.ts";
import { init } from "./init.ts";
import { logs } from "./logs.ts";
import { lsp } from "./lsp.ts";
import { mcp } from "./mcp.ts";
import { patch } from "./patch.ts";
import { restore } from "./restore.ts";
import { resume } from "./resume.ts";
import { retry } from "./retry.ts";
import { rotateKey } from "./rotate-key.ts";
import { run } from "./run.ts";
import { schema } from "./schema.ts";
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
  diff,
  run,
  get,
  describe,
  wait,
  logs,
  history,
  cancel,
  suspend,
  resume,
  retry,
  skip,
  goto,
  patch,
  sendEvent,
  deleteCommand,
  validate,
  test,
  fmt,
  explain,
  graph,
  init,
  examples,
  schema,
  config,
  context,
  doctor,
  backup,
  restore,
  rotateKey,
  completionOf(() => commands),
  mcp,
  lsp,
];
