import type { EngineHooks } from "./ports.ts";

/** Hooks that can not harm the engine: what they throw becomes a warning. */
export function guardedHooks(hooks: EngineHooks): EngineHooks {
  const guard = <Arguments extends readonly unknown[]>(
    name: string,
    hook: ((...args: Arguments) => void) | undefined,
  ): ((...args: Arguments) => void) => {
    return (...args) => {
      try {
        hook?.(...args);
      } catch (error) {
        hooks.warn?.(`Hook "${name}" threw`, error);
      }
    };
  };
  return {
    traces: guard("traces", hooks.traces?.bind(hooks)),
    quarantined: guard("quarantined", hooks.quarantined?.bind(hooks)),
    failed: guard("failed", hooks.failed?.bind(hooks)),
    ...(hooks.warn === undefined ? {} : { warn: hooks.warn.bind(hooks) }),
    ...(hooks.published === undefined ? {} : { published: hooks.published.bind(hooks) }),
  };
}
