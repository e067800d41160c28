import { Flags } from '@oclif/core';
import { chooseHooks, targetOf } from '../app/choose-hooks.ts';
import type { HookRule } from '../domain/hooks/rules.ts';
import type { FallbackTarget } from './base-command.ts';

/** Flags that say by which rules of the backend a command goes. */
export const hooksFlags = {
  hooks: Flags.string({
    helpGroup: 'RULE',
    helpValue: 'CONF',
    summary: 'emqx_backend_dynamo.conf: go by what it enables, and by its server unless another is named',
  }),
  pool: Flags.string({
    helpGroup: 'RULE',
    dependsOn: ['hooks'],
    helpValue: 'NAME',
    summary: 'only the hooks that use this pool',
  }),
};

/** The rules in force, and the target that a configuration names. */
export async function hooksInForce(
  { hooks, pool }: { hooks: string | undefined; pool: string | undefined },
  note: (sentence: string) => void,
): Promise<{ rules: readonly HookRule[]; fallback: FallbackTarget | undefined }> {
  const chosen = await chooseHooks(hooks, pool);
  for (const warning of chosen.warnings) note(`warning: ${warning}`);
  const { rules, pool: used } = chosen;
  return { rules, fallback: hooks !== undefined && used ? targetOf(hooks, used) : undefined };
}
