import { dirname, join, resolve } from 'node:path';
import { MqdynError } from '../../domain/errors.ts';
import type { Document } from '../../domain/json/syntax.ts';
import { didYouMean } from '../../domain/suggest.ts';
import { readTextFile } from '../../files/text.ts';
import { pick, SETTINGS, type SettingName, type Settings } from './settings.ts';

/** Values of settings as they stand in the file. */
export type StoredSettings = Partial<Record<SettingName, string | boolean>>;

/** The configuration file: settings for every target, named targets, and the one in use. */
export type StoredConfig = StoredSettings & { context?: string; contexts?: Record<string, StoredSettings> };

const CONTEXT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const SECRET_NAME = /secret|passw|token|access[-_]?key|credential/i;
const SECRET_VALUE = /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|:\/\/[^/@\s]+@/;
const FOLDERS: readonly SettingName[] = ['schema-dir', 'data-dir'];

/** Where the configuration file is: the XDG configuration folder. */
export function configPath(env: NodeJS.ProcessEnv, configDir: string): string {
  const xdg = env['XDG_CONFIG_HOME'];
  return join(env['MQDYN_CONFIG_DIR'] ?? (xdg ? join(xdg, 'mqdyn') : configDir), 'config.json');
}

/** Reads and checks the configuration file; a fault is named with its line. A missing file is an empty one. */
export async function readConfig(path: string): Promise<StoredConfig> {
  const text = await readTextFile(path);
  if (text === undefined) return {};
  const { readDocument } = await import('../../domain/json/syntax.ts');
  const read = readDocument(text);
  if ('fault' in read) {
    throw new MqdynError('E_CONFIG', `${path}:${read.fault.line}:${read.fault.column}: ${read.fault.message}`);
  }
  checkConfig(path, read.document);
  return Object(read.document.value);
}

function checkConfig(path: string, document: Document): void {
  const fault = (at: readonly string[], message: string) => {
    const { line, column } = document.locationOf(at);
    return new MqdynError('E_CONFIG', `${path}:${line}:${column}: ${message}`);
  };
  const checkSettings = (members: Record<string, unknown>, above: readonly string[], further: readonly string[]) => {
    for (const [name, setting] of Object.entries(members)) {
      if (further.includes(name)) continue;
      const at = [...above, name];
      const wrong = settingFault(name, setting, further);
      if (wrong !== undefined) throw fault(at, wrong);
    }
  };
  const config: Record<string, unknown> = Object(document.value);
  checkSettings(config, [], ['context', 'contexts']);
  const { context, contexts = {} } = config;
  if (!isObject(contexts)) throw fault(['contexts'], 'contexts must be an object of named targets');
  for (const [name, members] of Object.entries(contexts)) {
    if (!CONTEXT_NAME.test(name)) throw fault(['contexts', name], `invalid context name "${name}"`);
    if (!isObject(members)) throw fault(['contexts', name], `${name} must be an object of settings`);
    checkSettings(members, ['contexts', name], []);
  }
  if (context === undefined) return;
  if (typeof context !== 'string') throw fault(['context'], 'context must be a string');
  if (!Object.hasOwn(contexts, context)) {
    throw fault(['context'], `unknown context "${context}".${didYouMean(context, Object.keys(contexts))}`);
  }
}

/** What is wrong with a setting, without its value: it may be a secret. */
export function settingFault(name: string, value: unknown, further: readonly string[] = []): string | undefined {
  if (isSecret(name, value)) return 'a secret does not belong in this file; keep it in an AWS profile and name that profile here';
  if (!(SETTINGS as readonly string[]).includes(name)) {
    return `unknown setting ${name}.${didYouMean(name, [...SETTINGS, ...further])}`;
  }
  if (name === 'read-only') return typeof value === 'boolean' ? undefined : 'read-only must be true or false';
  return typeof value === 'string' && value !== '' ? undefined : `${name} must be a string`;
}

export function isSecret(name: string, value: unknown): boolean {
  return SECRET_NAME.test(name) || (typeof value === 'string' && SECRET_VALUE.test(value));
}

export function isContextName(name: string): boolean {
  return CONTEXT_NAME.test(name);
}

/** Stored settings as a layer. Folders are meant from where the file is. */
export function settingsOf(stored: StoredSettings, source: string, path: string): Settings {
  return pick((name) => {
    const value = stored[name];
    if (value === undefined) return { value, source };
    return { value: FOLDERS.includes(name) ? resolve(dirname(path), String(value)) : String(value), source };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
