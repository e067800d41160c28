import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { configPath, readConfig, settingsOf, type StoredConfig } from './config-file.ts';
import { mergeSettings, settingsFromEnv, settingsFromFlags, type Settings } from './settings.ts';

/** Everything that is in force, with its sources. */
export type InForce = {
  settings: Settings;
  /** The context in force, and what named it. */
  context: { name: string; source: string } | undefined;
  file: string;
  stored: StoredConfig;
};

/**
 * Puts flags, variables and the configuration file together. A context that a flag names comes right after the flags: who
 * names a target on the command line gets that one, whatever the variables of the shell say.
 */
export async function findSettings(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  configDir: string,
): Promise<InForce> {
  const file = configPath(env, configDir);
  const stored = await readConfig(file);
  const context = contextOf(flags['context'], env, stored, file);
  const contexts = stored.contexts ?? {};
  if (context !== undefined && !Object.hasOwn(contexts, context.name)) {
    const known = Object.keys(contexts);
    throw new MqdynError('E_USAGE', `there is no context ${context.name}.${didYouMean(context.name, known)}`, {
      hint: known.length === 0 ? `Make one: mqdyn config -c ${context.name} region NAME` : `There are ${known.join(', ')}.`,
    });
  }
  const named = context === undefined ? {} : settingsOf(contexts[context.name]!, `context ${context.name}`, file);
  const byFlag = context?.source === '--context';
  const settings = mergeSettings(
    settingsFromFlags(flags),
    byFlag ? named : {},
    settingsFromEnv(env),
    byFlag ? {} : named,
    settingsOf(stored, file, file),
  );
  return { settings, context, file, stored };
}

/** The context in force: named by the flag, by the variable, or by `config use`. */
export function contextOf(
  flag: unknown,
  env: NodeJS.ProcessEnv,
  stored: StoredConfig,
  file: string,
): { name: string; source: string } | undefined {
  if (typeof flag === 'string') return { name: flag, source: '--context' };
  const variable = env['MQDYN_CONTEXT'];
  if (variable) return { name: variable, source: 'MQDYN_CONTEXT' };
  return stored.context === undefined ? undefined : { name: stored.context, source: file };
}
