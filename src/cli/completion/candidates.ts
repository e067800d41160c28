import { join } from 'node:path';
import { loadDefinitions } from '../../app/tables/load-definitions.ts';
import { commandOf, type Candidate, type CompletionCommand, type Source } from './complete.ts';
import { ACTIONS } from '../../domain/hooks/rules.ts';
import { PURGE_KINDS } from '../../domain/purge/selection.ts';
import { ATTRIBUTES, isBackendTable } from '../../domain/records/tables.ts';
import { exists, readCached, writeCached } from '../../files/cache.ts';
import { OWN_SCHEMA_DIR } from '../../files/schema-folder.ts';
import { configPath, readConfig } from '../config/config-file.ts';
import { connect, targetLabel } from '../target/connection.ts';
import { SHELLS } from './completion-scripts.ts';
import { findSettings } from '../config/context.ts';
import { targetFlags } from '../flags.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { resolveTarget } from '../target/target.ts';

export type CompletionContext = {
  env: NodeJS.ProcessEnv;
  configDir: string;
  dataDir: string;
  cacheDir: string;
  commands: readonly CompletionCommand[];
};

/** Live names are believed for so long, and looked up for so long at most, in milliseconds. */
const BELIEVED_FOR = 60_000;
const LOOK_UP_FOR = 1_500;

/** Candidates that cost a look; those that begin with the typed word. Completion never fails: without an answer there are none. */
export async function candidatesFrom(source: Source, words: readonly string[], context: CompletionContext): Promise<Candidate[]> {
  if (source === 'files' || source === 'folders') return [{ word: `:${source}` }];
  const last = words.at(-1) ?? '';
  // actions and fields come as a list: the last of them is being typed
  const isList = source === 'actions' || source === 'fields';
  const parts = isList ? /^(--[^=]+=)?=?(.*,)?(.*)$/s : /^(--[^=]+=)?=?()(.*)$/s;
  const [, flag = '', list = '', typed = ''] = parts.exec(last) ?? [];
  const all = await find(source, words, context).catch(() => []);
  const named = list.split(',');
  const found = all.filter((word) => word.startsWith(typed) && !named.includes(word));
  return [...new Set(found)].sort().map((word) => ({ word: flag + list + word }));
}

async function find(
  source: Exclude<Source, 'files' | 'folders'>,
  words: readonly string[],
  context: CompletionContext,
): Promise<readonly string[]> {
  switch (source) {
    case 'shells':
      return [...SHELLS];
    case 'purged':
      return PURGE_KINDS;
    case 'settings':
      return [...SETTINGS, 'use', 'unset', 'delete'];
    case 'commands':
      return context.commands.filter(({ hidden }) => !hidden).map(({ id }) => id.replace(/ .*$/s, ''));
    case 'actions':
      return [...ACTIONS];
    case 'fields':
      return fieldNamesOf(words, context.commands);
    case 'contexts':
      return Object.keys((await readConfig(configPath(context.env, context.configDir))).contexts ?? {});
    case 'tables':
    case 'live-tables':
      return tableNames(source === 'live-tables', words, context);
  }
}

/** The fields that a command has, or those of the backend's table that its words name. */
function fieldNamesOf(words: readonly string[], commands: CompletionContext['commands']): readonly string[] {
  const table = words.find(isBackendTable);
  return commandOf(words, commands)?.fields ?? (table === undefined ? [] : ATTRIBUTES[table]);
}

/** Names as commands take them: without the prefix, but live names where a command asks for exactly those. */
async function tableNames(live: boolean, words: readonly string[], context: CompletionContext): Promise<string[]> {
  const flags = flagsIn(words);
  const { settings } = await findSettings(flags, context.env, context.configDir);
  const prefix = settings['table-prefix']?.value ?? '';
  const [own, there] = await Promise.all([
    loadDefinitions(settings['schema-dir']?.value ?? OWN_SCHEMA_DIR).catch(() => []),
    liveNames(settings, context).catch(() => []),
  ]);
  const names = own.map(({ TableName }) => TableName);
  if (live) return there.length > 0 ? there : names.map((name) => prefix + name);
  return [...names, ...there.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))];
}

/** Names of the live tables, from the cache where it is young enough. */
async function liveNames(settings: Settings, context: CompletionContext): Promise<string[]> {
  const target = await resolveTarget({
    settings,
    env: context.env,
    defaultDataDir: context.dataDir,
    allowInsecure: false,
    readProfile: async (profile) => (await import('../../dynamo/shared-config.ts')).readSharedProfile(profile),
  });
  const key = `${targetLabel(target)} ${target.kind === 'remote' ? (target.profile ?? '') : ''}`;
  const xdg = context.env['XDG_CACHE_HOME'];
  const folder = join(xdg ? join(xdg, 'mqdyn') : context.cacheDir, 'tables');
  const cached = await readCached(folder, key, BELIEVED_FOR);
  if (cached !== undefined) return cached;
  // an engine that holds nothing yet is not started for a TAB
  if (target.kind === 'embedded' && !(await exists(join(target.dataDir, 'dynamodb')))) return [];
  const connection = await connect(target, {
    command: 'complete',
    attempts: 1,
    concurrency: 1,
    waitMs: 0,
    readOnly: 'completion only reads',
    writes: false,
    notice: () => undefined,
  });
  try {
    const { listTableNames } = await import('../../dynamo/tables.ts');
    const names = await listTableNames(connection.dynamo, AbortSignal.timeout(LOOK_UP_FOR));
    await writeCached(folder, key, names);
    return names;
  } finally {
    await connection.close();
  }
}

/** The values of the target flags that stand in the line so far. */
function flagsIn(words: readonly string[]): Record<string, string> {
  const flags: Record<string, string> = {};
  for (const [name, { char }] of Object.entries(targetFlags)) {
    for (const [at, word] of words.slice(0, -1).entries()) {
      const next = words[at + 1] === '=' ? words[at + 2] : words[at + 1];
      if ((word === `--${name}` || (char !== undefined && word === `-${char}`)) && next !== undefined) flags[name] = next;
      else if (word.startsWith(`--${name}=`)) flags[name] = word.slice(name.length + 3);
    }
  }
  return flags;
}
