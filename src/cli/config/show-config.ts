import type { Item } from '../../domain/item.ts';
import { itemOf } from '../../output/items.ts';
import type { StoredConfig } from './config-file.ts';
import { SETTINGS, type SettingName, type Settings } from './settings.ts';

/** Variables of AWS that stand in where nothing of ours names a value, the first one first. */
const AWS_VARIABLES: Partial<Record<SettingName, readonly string[]>> = {
  'endpoint-url': ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL'],
  region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  profile: ['AWS_PROFILE'],
};

/** Every setting with its value in force and its source; those without one too. */
export function inForceItems(
  settings: Settings,
  context: { name: string; source: string } | undefined,
  file: string,
  env: NodeJS.ProcessEnv,
): Item[] {
  const find = (key: SettingName) => {
    const [found] = (AWS_VARIABLES[key] ?? []).flatMap((source) => {
      const value = env[source];
      return value ? [{ value, source }] : [];
    });
    return settings[key] ?? found;
  };
  return [
    itemOf({ key: 'context', value: context?.name ?? null, source: context?.source ?? null }),
    ...SETTINGS.map((key) => itemOf({ key, value: find(key)?.value ?? null, source: find(key)?.source ?? null })),
    itemOf({ key: 'file', value: file, source: null }),
  ];
}

/** One item a context. */
export function contextItems({ context, contexts = {} }: StoredConfig): Item[] {
  return Object.entries(contexts).map(([name, settings]) => itemOf({ context: name, used: name === context, ...settings }));
}
