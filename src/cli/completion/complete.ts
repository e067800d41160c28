/** What completion knows of a flag; the names are those of the command framework. */
export type CompletionFlag = {
  char?: string | undefined;
  type: 'option' | 'boolean';
  hidden?: boolean | undefined;
  multiple?: boolean | undefined;
  options?: readonly string[] | undefined;
  helpValue?: string | readonly string[] | undefined;
  summary?: string | undefined;
};

export type CompletionCommand = {
  /** Words of the command, `tables create`. */
  id: string;
  summary?: string | undefined;
  hidden?: boolean | undefined;
  flags: Readonly<Record<string, CompletionFlag>>;
  args: readonly string[];
  /** What --fields may name; without it the attributes of the table that is named. */
  fields?: readonly string[] | undefined;
};

/** Where further candidates come from: they cost a look at files or at the target, so only the one that is needed is asked. */
export type Source =
  | 'tables'
  | 'live-tables'
  | 'contexts'
  | 'actions'
  | 'fields'
  | 'settings'
  | 'commands'
  | 'shells'
  | 'purged'
  | 'files'
  | 'folders';

export type Candidate = { word: string; about?: string | undefined };

export type Completion = { words: readonly Candidate[]; from?: Source };

/** Flags whose values are known beyond their options. */
const VALUES: Readonly<Record<string, Source>> = {
  context: 'contexts',
  confirm: 'live-tables',
  only: 'actions',
  fields: 'fields',
};

/** Values of flags that are numbers, so that the framework has no list of them. */
const NUMBERS: Readonly<Record<string, readonly string[]>> = { qos: ['0', '1', '2'] };

/** Pages of help beside those of commands. */
export const HELP_PAGES = ['targets', 'output', 'filters', 'exit-codes'] as const;

/** Arguments by name. */
const ARGUMENTS: Readonly<Record<string, Source>> = {
  table: 'tables',
  file: 'files',
  source: 'files',
  changes: 'files',
  dir: 'folders',
  key: 'settings',
  shell: 'shells',
  command: 'commands',
  kind: 'purged',
};

/**
 * What may stand where the last word is being typed. `words` are those after the name of the program, the last one as far as it
 * is typed. Bash gives the `=` of `--flag=value` as a word of its own.
 */
export function complete(words: readonly string[], commands: readonly CompletionCommand[]): Completion {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = commandOf(before, commands);
  if (command === undefined) return { words: commandWords(before, typed, commands) };
  if (command.id === 'help') return { words: helpWords(before.slice(1), typed, commands) };
  const rest = before.slice(command.id.split(' ').length);
  const assigned = /^(--[^=]+)=(.*)$/s.exec(typed);
  const flag = valueOf(command, assigned?.[1] ?? flagBefore(rest, typed));
  if (flag !== undefined) {
    const prefix = assigned ? `${assigned[1]}=` : '';
    return flagValues(flag, typed === '=' ? '' : (assigned?.[2] ?? typed), prefix);
  }
  if (typed.startsWith('-')) return { words: flagWords(command, rest, typed) };
  return argument(command, rest);
}

function helpWords(before: readonly string[], typed: string, commands: readonly CompletionCommand[]): Candidate[] {
  const pages = before.length > 0 ? [] : HELP_PAGES.filter((page) => page.startsWith(typed)).map((word) => ({ word }));
  return [...commandWords(before, typed, commands), ...pages].toSorted(byWord);
}

/** The longest command that the words begin with. */
export function commandOf(words: readonly string[], commands: readonly CompletionCommand[]): CompletionCommand | undefined {
  return commands
    .filter(({ id }) => id.split(' ').every((word, at) => words[at] === word))
    .toSorted((a, b) => b.id.length - a.id.length)[0];
}

function commandWords(before: readonly string[], typed: string, commands: readonly CompletionCommand[]): Candidate[] {
  const found = new Map<string, string | undefined>();
  for (const { id, summary, hidden } of commands) {
    const parts = id.split(' ');
    if (hidden || !before.every((word, at) => parts[at] === word)) continue;
    const next = parts[before.length];
    if (next?.startsWith(typed)) found.set(next, parts.length === before.length + 1 ? summary : found.get(next));
  }
  return [...found].map(([word, about]) => ({ word, about })).toSorted(byWord);
}

/** The flag whose value comes next, as it was typed. */
function flagBefore(rest: readonly string[], typed: string): string | undefined {
  if (typed === '=') return rest.at(-1);
  const last = rest.at(-1);
  return last === '=' ? rest.at(-2) : last;
}

function valueOf(command: CompletionCommand, word: string | undefined): (CompletionFlag & { name: string }) | undefined {
  if (word === undefined || !word.startsWith('-')) return undefined;
  const entry = Object.entries(command.flags).find(([name, { char }]) => word === `--${name}` || word === `-${char}`);
  return entry === undefined || entry[1].type === 'boolean' ? undefined : { ...entry[1], name: entry[0] };
}

function flagValues(flag: CompletionFlag & { name: string }, typed: string, prefix: string): Completion {
  const values = flag.options ?? NUMBERS[flag.name];
  if (values) {
    return { words: values.filter((word) => word.startsWith(typed)).map((word) => ({ word: prefix + word })) };
  }
  if (flag.name === 'endpoint-url') return { words: 'local'.startsWith(typed) ? [{ word: `${prefix}local` }] : [] };
  const value = [flag.helpValue ?? ''].flat().join(' ');
  const from = VALUES[flag.name] ?? (/\bDIR\b/.test(value) ? 'folders' : /\bFILE\b|^F\b/.test(value) ? 'files' : undefined);
  return from === undefined ? { words: [] } : { words: [], from };
}

function flagWords(command: CompletionCommand, used: readonly string[], typed: string): Candidate[] {
  return Object.entries(command.flags)
    .filter(([name, flag]) => !flag.hidden && `--${name}`.startsWith(typed) && (flag.multiple || !used.includes(`--${name}`)))
    .map(([name, { summary }]) => ({ word: `--${name}`, about: summary }))
    .toSorted(byWord);
}

/** The argument at this place; the last one may stand for many. */
function argument(command: CompletionCommand, rest: readonly string[]): Completion {
  const given = positionals(command, rest);
  const name = command.args[Math.min(given.length, command.args.length - 1)];
  if (command.id === 'config' && given.length === 1) {
    if (given[0] === 'unset') return { words: [], from: 'settings' };
    if (given[0] === 'use' || given[0] === 'delete') return { words: [], from: 'contexts' };
    return { words: given[0] === 'read-only' ? [{ word: 'false' }, { word: 'true' }] : [] };
  }
  // KEY of an item is a word of its table, not a setting
  const isItem = name === 'key' && command.id !== 'config';
  const from = name === undefined || isItem ? undefined : ARGUMENTS[name];
  return from === undefined ? { words: [] } : { words: [], from };
}

function positionals(command: CompletionCommand, rest: readonly string[]): string[] {
  return rest.filter((word, at) => {
    if (word.startsWith('-') || word === '=') return false;
    return valueOf(command, rest[at - 1] === '=' ? rest[at - 2] : rest[at - 1]) === undefined;
  });
}

function byWord(a: Candidate, b: Candidate): number {
  return a.word < b.word ? -1 : 1;
}
