import type { PageCommand } from './command-page.ts';
import { indented, page, paragraphs, shellLine, twoColumns, type Part, type Sheet } from './layout.ts';

/** Commands by what they are for; a topic stands for all of its commands. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  LOOK: ['clients', 'subs', 'topics', 'retained', 'pending', 'msg', 'stats', 'scan', 'query', 'get'],
  EXPLAIN: ['explain', 'doctor', 'hooks'],
  CHANGE: ['subscribe', 'unsubscribe', 'publish', 'put', 'update', 'delete', 'purge'],
  SCHEMA: ['tables'],
  MOVE: ['replay', 'export', 'import', 'rewind', 'deliver'],
  TOOL: ['config', 'autocomplete', 'help'],
};

const EXAMPLES = ['mqdyn explain panel-1 plant/a/temp', 'mqdyn replay events.jsonl --dry-run'];

const VARIABLES: readonly (readonly [string, string])[] = [
  ['MQDYN_ENDPOINT_URL', 'URL of DynamoDB, or local for the embedded engine'],
  ['MQDYN_CONTEXT', 'named target of the configuration file'],
  ['MQDYN_REGION, ...', 'further settings of a target: mqdyn help targets'],
  ['AWS_PROFILE, ...', 'credentials and region, as for every AWS tool'],
  ['NO_COLOR', 'no colour, also on a terminal'],
  ['MQDYN_DEBUG=1', 'errors with their stack'],
];

const EXIT_CODES =
  '0 done; 1 done, and the answer is no; 2 usage; 3 done with rejects; 4 wrong input or configuration; 5 endpoint; ' +
  '6 permission; 8 output; 11 refused for safety; 70 a bug. See mqdyn help exit-codes';

const PAGES: readonly (readonly [string, string])[] = [
  ['mqdyn help COMMAND', 'arguments, flags and examples of a command; -h and --help do the same'],
  ['mqdyn help targets', 'which DynamoDB, and the flags that name it'],
  ['mqdyn help output', 'formats, and the flags of output'],
  ['mqdyn help filters', 'what --filter takes'],
  ['mqdyn help exit-codes', 'what every exit code means'],
];

/** The help of the program: every command by what it is for. */
export function rootPage(description: string, commands: readonly PageCommand[], sheet: Sheet): string {
  const listed = commands.filter((command) => !command.hidden && !isAlias(command));
  const groups = Object.entries(GROUPS).map(([heading, members]): Part => {
    const inGroup = members.flatMap((member) => listed.filter(({ id }) => firstWord(id) === member));
    return { heading, lines: twoColumns(inGroup.map(rowOf), sheet) };
  });
  const known = Object.values(GROUPS).flat();
  const others = listed.filter(({ id }) => !known.includes(firstWord(id)));
  return page(
    [
      { lines: paragraphs(description, sheet) },
      { heading: 'USAGE', lines: ['  mqdyn COMMAND [arguments] [flags]'] },
      ...groups,
      { heading: 'OTHER', lines: twoColumns(others.map(rowOf), sheet) },
      { heading: 'EXAMPLES', lines: EXAMPLES.flatMap((line) => shellLine(line, sheet)) },
      { heading: 'ENVIRONMENT', lines: twoColumns(VARIABLES, sheet) },
      { heading: 'EXIT CODES', lines: indented(EXIT_CODES, sheet) },
      { heading: 'MORE', lines: twoColumns(PAGES, sheet) },
    ],
    sheet,
  );
}

/** The help of a word that only has commands below it. */
export function topicPage(topic: string, description: string, commands: readonly PageCommand[], sheet: Sheet): string {
  const below = commands.filter(({ id, hidden }) => !hidden && id.startsWith(`${topic}:`));
  return page(
    [
      { lines: paragraphs(`${description.charAt(0).toUpperCase()}${description.slice(1)}.`, sheet) },
      { heading: 'USAGE', lines: [`  mqdyn ${topic} COMMAND [arguments] [flags]`] },
      { heading: 'COMMANDS', lines: twoColumns(below.map(rowOf), sheet) },
      { lines: paragraphs(`See mqdyn help ${topic} COMMAND for arguments, flags and examples.`, sheet) },
    ],
    sheet,
  );
}

/** The framework lists a command once more under each of its other names. */
export function isAlias({ id, aliases = [] }: PageCommand): boolean {
  return aliases.includes(id);
}

function rowOf({ id, summary = '' }: PageCommand): [string, string] {
  return [id.replaceAll(':', ' '), summary];
}

function firstWord(id: string): string {
  return id.replace(/:.*$/s, '');
}
