/** What names a target. Each comes from a flag, a MQDYN_* variable or the configuration file, in this order. */
export const SETTINGS = ['endpoint-url', 'region', 'profile', 'table-prefix', 'schema-dir', 'data-dir', 'read-only'] as const;

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

/** The variable that names a setting. */
export function variableOf(name: SettingName): string {
  return `MQDYN_${name.toUpperCase().replaceAll('-', '_')}`;
}

export function settingsFromEnv(env: NodeJS.ProcessEnv): Settings {
  return pick((name) => {
    const variable = variableOf(name);
    return { value: env[variable] || undefined, source: variable };
  });
}

/** Settings from values by name; what has none is left out. */
export function pick(find: (name: SettingName) => { value: unknown; source: string }): Settings {
  const settings: Settings = {};
  for (const name of SETTINGS) {
    const { value, source } = find(name);
    if (typeof value === 'string') settings[name] = { value, source };
  }
  return settings;
}

/** Why nothing may be written, in words; undefined where writing is allowed. Anything but a clear no is a yes: better safe. */
export function readOnlyReason(settings: Settings, context: string | undefined): string | undefined {
  const setting = settings['read-only'];
  if (setting === undefined || /^(?:false|0|no|off)$/i.test(setting.value)) return undefined;
  const own = setting.source === `context ${context}`;
  return own ? `${setting.source} is read-only` : `this target is read-only (set by ${setting.source})`;
}
