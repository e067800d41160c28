import { MqdynError } from '../domain/errors.ts';
import { didYouMean } from '../domain/suggest.ts';
import { readTextFile } from '../files/text.ts';

/** What names a target. Each comes from a flag, a MQDYN_* variable or the configuration file, in this order. */
export const SETTINGS = ['endpoint-url', 'region', 'profile', 'table-prefix', 'schema-dir', 'data-dir'] as const;

export type SettingName = (typeof SETTINGS)[number];

/** A value and where it comes from, for messages. */
export type Setting = { value: string; source: string };

export type Settings = Partial<Record<SettingName, Setting>>;

/** Puts the layers together: the first one that has a value wins. */
export function mergeSettings(...layers: readonly Settings[]): Settings {
  const merged: Settings = {};
  for (const layer of layers.toReversed()) Object.assign(merged, layer);
  return merged;
}

export function settingsFromFlags(flags: Readonly<Record<string, unknown>>): Settings {
  return pick((name) => ({ value: flags[name], source: `--${name}` }));
}

export function settingsFromEnv(env: NodeJS.ProcessEnv): Settings {
  return pick((name) => {
    const variable = `MQDYN_${name.toUpperCase().replaceAll('-', '_')}`;
    return { value: env[variable] || undefined, source: variable };
  });
}

/** Reads the configuration file: a JSON object with the names of the settings. A missing file has none. */
export async function settingsFromFile(path: string): Promise<Settings> {
  const text = await readTextFile(path);
  if (text === undefined) return {};
  const { readDocument } = await import('../domain/schema/syntax.ts');
  const read = readDocument(text);
  if ('fault' in read) {
    throw new MqdynError('E_CONFIG', `${path}:${read.fault.line}:${read.fault.column}: ${read.fault.message}`);
  }
  const members = read.document.value as Record<string, unknown>;
  for (const [name, value] of Object.entries(members)) {
    const { line, column } = read.document.placeOf([name]);
    const place = `${path}:${line}:${column}`;
    if (!(SETTINGS as readonly string[]).includes(name)) {
      throw new MqdynError('E_CONFIG', `${place}: unknown setting ${name}.${didYouMean(name, SETTINGS)}`);
    }
    if (typeof value !== 'string') throw new MqdynError('E_CONFIG', `${place}: ${name} must be a text`);
  }
  return pick((name) => ({ value: members[name], source: path }));
}

function pick(find: (name: SettingName) => { value: unknown; source: string }): Settings {
  const settings: Settings = {};
  for (const name of SETTINGS) {
    const { value, source } = find(name);
    if (typeof value === 'string') settings[name] = { value, source };
  }
  return settings;
}
