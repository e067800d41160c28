import type { HELP_PAGES } from '../completion/complete.ts';
import { flagLines, type PageCommand, type PageFlag } from './command-page.ts';
import { filterParts } from './filters.ts';
import { page, paragraphs, twoColumns, type Sheet } from './layout.ts';

const TARGETS = `Which DynamoDB a command uses, and under which names its tables are there. The first one that says so wins: a flag, a
MQDYN_* variable, the configuration file (see mqdyn help config), then the variables and files of AWS (AWS_ENDPOINT_URL_DYNAMODB,
AWS_PROFILE, AWS_REGION, ...).

local is the embedded engine; its data lies under --data-dir. When nothing at all names a target, local is used, and a line on
stderr says so. A loopback endpoint without credentials gets dummy ones.

A context that -c names is the whole target: nothing of the environment is mixed into it. Credentials are never sent over plain
http to a host that is not loopback, unless --allow-insecure-endpoint says so.`;

const OUTPUT = `Data goes to stdout; notes, warnings and progress go to stderr. Colour is only there on a terminal, and never with
NO_COLOR.`;

const FORMATS: readonly (readonly [string, string])[] = [
  ['table', 'for people: aligned columns, times in UTC, nothing that could act on the terminal'],
  ['json', 'one document; lists are {"items":[...],"count":n}, single things one object'],
  ['jsonl', 'one JSON object a line, streamed'],
  ['csv', 'as RFC 4180 has it, streamed; cells that a spreadsheet would run are defused'],
  ['ddb-json', 'one {"Item":{...}} a line with the types of DynamoDB: nothing is lost'],
];

const NUMBERS = `Plain JSON writes numbers with every digit that DynamoDB holds, sets as sorted arrays and binary values in base64. With
--json an error is one object on stderr: {"error":{"code","message","hint"}}.`;

/** Exit codes and what they mean; they are part of the command line contract. */
export const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'done; an empty list is not a failure, nor is a closed pipe'],
  ['1', 'done, and the answer is no: differs, not found, would not be delivered'],
  ['2', 'usage: unknown command or flag, bad value; nothing was touched'],
  ['3', 'finished with rejects: some events or items were not applied, and each is named'],
  ['4', 'input or configuration is wrong, or a table is missing; nothing was written'],
  ['5', 'endpoint: unreachable, timed out or throttled; later may help'],
  ['6', 'permission: no, wrong, expired or insufficient credentials'],
  ['8', 'local output could not be written whole: disk full, or its reader is gone'],
  ['11', 'refused by a safety rule: other key schema, protection, lock, unsafe endpoint, missing consent'],
  ['70', 'a bug in mqdyn'],
  ['129, 130, 143', 'stopped by hangup, interrupt or terminate'],
];

const RESUME = `After 5, 6, 8 and a stop the same command goes on where it was; a replay does so with --resume. An error is one line on
stderr, mqdyn: E_CODE: what happened. What to do.`;

export type PageName = (typeof HELP_PAGES)[number];

/** A page about something that many commands share. */
export function namedPage(name: PageName, commands: readonly PageCommand[], sheet: Sheet): string {
  switch (name) {
    case 'targets':
      return page(
        [
          { lines: paragraphs(TARGETS, sheet) },
          { heading: 'FLAGS', lines: flagLines(flagsOf('TARGET', commands), sheet) },
          { heading: 'ENVIRONMENT', lines: twoColumns(VARIABLES, sheet) },
        ],
        sheet,
      );
    case 'output':
      return page(
        [
          { lines: paragraphs(OUTPUT, sheet) },
          { heading: 'FLAGS', lines: flagLines(flagsOf('OUTPUT', commands), sheet) },
          { heading: 'FORMATS', lines: twoColumns(FORMATS, sheet) },
          { lines: paragraphs(NUMBERS, sheet) },
        ],
        sheet,
      );
    case 'filters':
      return page([{ lines: paragraphs('What --filter of scan and query takes.', sheet) }, ...filterParts(sheet)], sheet);
    case 'exit-codes':
      return page([{ lines: twoColumns(EXIT_CODES, sheet) }, { lines: paragraphs(RESUME, sheet) }], sheet);
  }
}

const VARIABLES = [
  ...['endpoint-url', 'region', 'profile', 'table-prefix', 'schema-dir', 'data-dir'].map((name) =>
    variable(name, `as --${name}`),
  ),
  variable('read-only', 'true refuses every command that writes'),
  variable('allow-insecure-endpoint', 'true: as --allow-insecure-endpoint'),
  variable('context', 'as --context'),
  variable('config-dir', 'folder of the configuration file'),
];

function variable(name: string, about: string): [string, string] {
  return [`MQDYN_${name.toUpperCase().replaceAll('-', '_')}`, about];
}

/** Every flag of a group that any command has. */
function flagsOf(group: string, commands: readonly PageCommand[]): [string, PageFlag][] {
  const found = new Map<string, PageFlag>();
  for (const { flags, hidden } of commands) {
    for (const [name, flag] of Object.entries(flags)) {
      if (!hidden && !flag.hidden && flag.helpGroup === group && !found.has(name)) found.set(name, flag);
    }
  }
  return [...found];
}
