import type { Rule } from "../rule.ts";
import { catalogResolves } from "./catalog-resolves.ts";
import { constantCondition } from "./constant-condition.ts";
import { constructSupported } from "./construct-supported.ts";
import { credentialsInClear } from "./credentials-in-clear.ts";
import { cronParses } from "./cron-parses.ts";
import { cronTicks } from "./cron-ticks.ts";
import { dateTimeParses } from "./date-time-parses.ts";
import { defaultCaseLast } from "./default-case-last.ts";
import { duplicateCondition } from "./duplicate-condition.ts";
import { durationParses } from "./duration-parses.ts";
import { emptyCatch } from "./empty-catch.ts";
import { endlessLoop } from "./endless-loop.ts";
import { errorTypeIsUri } from "./error-type-is-uri.ts";
import { eventAttributeNames } from "./event-attribute-names.ts";
import { exportInFork } from "./export-in-fork.ts";
import { expressionCompiles } from "./expression-compiles.ts";
import { expressionLanguageSupported } from "./expression-language-supported.ts";
import { expressionMarked } from "./expression-marked.ts";
import { functionRecursion } from "./function-recursion.ts";
import { functionResolves } from "./function-resolves.ts";
import { httpMethodValid } from "./http-method-valid.ts";
import { jitterRange } from "./jitter-range.ts";
import { literalCredential } from "./literal-credential.ts";
import { looksLikeExpression } from "./looks-like-expression.ts";
import { missingTimeout } from "./missing-timeout.ts";
import { oneDefaultCase } from "./one-default-case.ts";
import { pointerParses } from "./pointer-parses.ts";
import { redundantThen } from "./redundant-then.ts";
import { referenceResolves } from "./reference-resolves.ts";
import { reservedCharacters } from "./reserved-characters.ts";
import { reservedTaskName } from "./reserved-task-name.ts";
import { retryWithoutDelay } from "./retry-without-delay.ts";
import { retryWithoutLimit } from "./retry-without-limit.ts";
import { scheduleIntervalPositive } from "./schedule-interval-positive.ts";
import { schemaCompiles } from "./schema-compiles.ts";
import { schemaFormatSupported } from "./schema-format-supported.ts";
import { scriptLanguageKnown } from "./script-language-known.ts";
import { secretLeaks } from "./secret-leaks.ts";
import { secretResolves } from "./secret-resolves.ts";
import { singleBranchFork } from "./single-branch-fork.ts";
import { switchWithoutDefault } from "./switch-without-default.ts";
import { thenOnRaise } from "./then-on-raise.ts";
import { thenTargetExists } from "./then-target-exists.ts";
import { typeMismatch } from "./type-mismatch.ts";
import { uniqueCaseNames } from "./unique-case-names.ts";
import { uniqueExtensionNames } from "./unique-extension-names.ts";
import { uniqueSecretNames } from "./unique-secret-names.ts";
import { uniqueTaskNames } from "./unique-task-names.ts";
import { unknownHttpMethod } from "./unknown-http-method.ts";
import { unknownStandardError } from "./unknown-standard-error.ts";
import { unreachableTask } from "./unreachable-task.ts";
import { unusedDefinition } from "./unused-definition.ts";
import { unusedExtension } from "./unused-extension.ts";
import { unusedSecret } from "./unused-secret.ts";
import { uriParses } from "./uri-parses.ts";
import { variableNameValid } from "./variable-name-valid.ts";
import { variableShadows } from "./variable-shadows.ts";
import { zeroDuration } from "./zero-duration.ts";

/** Every rule, by code. To add one: a file here and its line in this list. */
export const rules: readonly Rule[] = [
  uniqueTaskNames,
  thenTargetExists,
  oneDefaultCase,
  uniqueCaseNames,
  referenceResolves,
  functionResolves,
  catalogResolves,
  secretResolves,
  expressionCompiles,
  expressionMarked,
  cronParses,
  cronTicks,
  durationParses,
  uriParses,
  pointerParses,
  schemaCompiles,
  schemaFormatSupported,
  dateTimeParses,
  errorTypeIsUri,
  expressionLanguageSupported,
  constructSupported,
  scriptLanguageKnown,
  scheduleIntervalPositive,
  jitterRange,
  uniqueSecretNames,
  uniqueExtensionNames,
  httpMethodValid,
  variableNameValid,
  reservedTaskName,
  eventAttributeNames,
  reservedCharacters,
  unreachableTask,
  endlessLoop,
  variableShadows,
  exportInFork,
  secretLeaks,
  missingTimeout,
  unusedDefinition,
  unusedSecret,
  unusedExtension,
  retryWithoutLimit,
  retryWithoutDelay,
  constantCondition,
  typeMismatch,
  thenOnRaise,
  switchWithoutDefault,
  singleBranchFork,
  looksLikeExpression,
  literalCredential,
  credentialsInClear,
  unknownHttpMethod,
  emptyCatch,
  zeroDuration,
  redundantThen,
  functionRecursion,
  unknownStandardError,
  duplicateCondition,
  defaultCaseLast,
];
