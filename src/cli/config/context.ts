import { MqdynError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/suggest.ts';
import { configPath, readConfig, settingsOf, type StoredConfig } from './config-file.ts';
import { mergeSettings, settingsFromEnv, settingsFromFlags, variableOf, type Settings } from './settings.ts';

/** Everything that is in force, with its sources. */
export type InForce = {
  settings: Settings;
  /** The context in force, and what named it. */
  context: { name: string; source: string } | undefined;
  file: string;
  stored: StoredConfig;
  /** The environment as far as it counts. */
  env: NodeJS.ProcessEnv;
  /** Variables that are set and do not count, because a flag names the whole target. */
  ignored: readonly string[];
};

/**
 * Puts flags, variables and the configuration file together. A context that a flag names is the whole target: nothing that
 * the environment says about a target, and nothing that the file says about every target, is mixed into it.
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
    throw new MqdynError('E_USAGE', `unknown context "${context.name}".${didYouMean(context.name, known)}`, {
      hint: known.length === 0 ? `Create it: mqdyn config -c ${context.name} region NAME` : `Contexts: ${known.join(', ')}.`,
    });
  }
  const named = context === undefined ? {} : settingsOf(contexts[context.name] ?? {}, `context ${context.name}`, file);
  const byFlag = context?.source === '--context';
  if (!byFlag) {
    const settings = mergeSettings(settingsFromFlags(flags), settingsFromEnv(env), named, settingsOf(stored, file, file));
    return { settings, context, file, stored, env, ignored: [] };
  }
  const ignored = TARGET_VARIABLES.filter((name) => env[name]);
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !TARGET_VARIABLES.includes(name)));
  const common = settingsOf(stored, file, file);
  for (const name of TARGET_SETTINGS) delete common[name];
  const settings = mergeSettings(settingsFromFlags(flags), named, settingsFromEnv(rest), common);
  return { settings, context, file, stored, env: rest, ignored };
}

/** What says which DynamoDB, and under which names. */
const TARGET_SETTINGS = ['endpoint-url', 'region', 'profile', 'table-prefix', 'data-dir'] as const;
const TARGET_VARIABLES: readonly string[] = [
  ...TARGET_SETTINGS.map(variableOf),
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
];

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
