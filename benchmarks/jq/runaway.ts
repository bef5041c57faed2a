import { ExpressionLimitError, compileExpression } from "@stigmer/core/expr/expression.ts";
import { RUNAWAY_PROGRAMS, type RunawayProgram } from "@stigmer/core/expr/testing/runaway-programs.ts";

/*
 * How much work a runaway program is allowed before its limit ends it: processor time (all threads, garbage collection included) of one evaluation, the least of several runs.
 */

const ROUNDS = Number(process.argv[2] ?? 5);
const WORK_MS_MAX = 100;

interface Row {
  readonly workMs: number;
  readonly end: string;
  readonly program: string;
}

function measure({ program, limit, input }: RunawayProgram): Row {
  let workMs = Infinity;
  let end = "no limit";
  for (let round = 0; round < ROUNDS; round++) {
    const expression = compileExpression(program, { variables: [] });
    const start = process.cpuUsage();
    try {
      expression.all(input ?? null, [], { nowMs: 0 });
    } catch (error) {
      end = error instanceof ExpressionLimitError ? error.limit : String(error);
    }
    const { user, system } = process.cpuUsage(start);
    workMs = Math.min(workMs, (user + system) / 1000);
  }
  const isExpected = end === limit || (limit === "steps" && end === "regex");
  return { workMs, end: isExpected ? end : `${end}, not ${limit}`, program };
}

const only = process.argv[3];
const rows = RUNAWAY_PROGRAMS.filter(({ program }) => only === undefined || program.includes(only)).map(measure);
for (const { workMs, end, program } of rows.toSorted((a, b) => b.workMs - a.workMs))
  console.log(`${workMs.toFixed(1).padStart(9)} ms  ${end.padEnd(6)}  ${program}`);
const slow = rows.filter(({ workMs }) => workMs > WORK_MS_MAX);
const wrong = rows.filter(({ end }) => end.includes(" "));
console.log(
  `${rows.length} runaway programs: ${slow.length} take more than ${WORK_MS_MAX} ms, ${wrong.length} end otherwise than by their limit`,
);
if (slow.length + wrong.length > 0) process.exitCode = 1;
