import { dirname, resolve } from 'node:path';
import { MqdynError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/suggest.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { writeFault } from '../../files/errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { isContextName, isSecret, settingFault, type StoredConfig } from './config-file.ts';
import { SETTINGS, type SettingName } from './settings.ts';

/** The setting that a word names; an unknown one is a usage error, a secret is refused. */
export function settingNamed(key: string, value?: string): SettingName {
  if (isSecret(key, value)) {
    throw new MqdynError('E_SECRET', isSecret(key, undefined) ? `${key} is a secret` : `the value of ${key} contains a secret`);
  }
  const known = SETTINGS.find((name) => name === key);
  if (known !== undefined) return known;
  throw new MqdynError('E_USAGE', `unknown setting "${key}".${didYouMean(key, [...SETTINGS, 'use', 'unset', 'delete'])}`, {
    hint: `Settings: ${SETTINGS.join(', ')}.`,
  });
}

/**
 * A configuration with one setting changed, in a context (which is made when it is new) or for every target. An empty value
 * takes the setting away.
 */
export function withSetting(stored: StoredConfig, context: string | undefined, key: SettingName, value: string): StoredConfig {
  if (context === undefined) return changed(stored, key, value);
  if (!isContextName(context)) {
    throw new MqdynError('E_USAGE', `invalid context name "${context}"`, { hint: 'Use letters, digits, _ . and -.' });
  }
  const contexts = stored.contexts ?? {};
  const own = (Object.hasOwn(contexts, context) ? contexts[context] : undefined) ?? {};
  return { ...stored, contexts: { ...contexts, [context]: changed(own, key, value) } };
}

function changed(settings: StoredConfig, key: SettingName, value: string): StoredConfig {
  const { [key]: _old, ...rest } = settings;
  if (value === '') return rest;
  const typed = storedValue(key, value);
  const fault = settingFault(key, typed);
  if (fault !== undefined) throw new MqdynError('E_USAGE', fault, { hint: 'Nothing was stored.' });
  return { ...rest, [key]: typed };
}

/** Folders are stored whole: the file may be read from anywhere. */
function storedValue(key: SettingName, value: string): string | boolean {
  if (key === 'schema-dir' || key === 'data-dir') return resolve(value);
  if (key !== 'read-only') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new MqdynError('E_USAGE', 'read-only must be true or false', { hint: 'Nothing was stored.' });
}

/** A configuration that uses a context from now on; `-` uses none. */
export function withContext(stored: StoredConfig, name: string): StoredConfig {
  const { context: _, ...rest } = stored;
  if (name === '-') return rest;
  requireContext(stored, name);
  return { context: name, ...rest };
}

/** A configuration without a context; where it was in use, none is from now on. */
export function withoutContext(stored: StoredConfig, name: string): StoredConfig {
  requireContext(stored, name);
  const { [name]: _gone, ...contexts } = stored.contexts ?? {};
  const { context, contexts: _all, ...rest } = stored;
  return {
    ...(context === undefined || context === name ? {} : { context }),
    ...(Object.keys(contexts).length === 0 ? {} : { contexts }),
    ...rest,
  };
}

function requireContext(stored: StoredConfig, name: string): void {
  const known = Object.keys(stored.contexts ?? {});
  if (known.includes(name)) return;
  throw new MqdynError('E_USAGE', `unknown context "${name}".${didYouMean(name, known)}`, {
    hint: known.length === 0 ? `Create it: mqdyn config -c ${name} region NAME` : `Contexts: ${known.join(', ')}.`,
  });
}

export async function storeConfig(path: string, config: StoredConfig): Promise<void> {
  await makeFolder(dirname(path)).catch((error: unknown) => {
    throw writeFault('the folder', dirname(path), error);
  });
  await writeAtomically(path, 'the configuration', `${JSON.stringify(config, null, 2)}\n`);
}
