import { filterParts } from './filters.ts';
import { page, paragraphs, shellLine, twoColumns, type Part, type Sheet } from './layout.ts';

/** What help knows of a flag; the names are those of the command framework. */
export type PageFlag = {
  type: 'option' | 'boolean';
  char?: string | undefined;
  summary?: string | undefined;
  helpGroup?: string | undefined;
  helpValue?: string | readonly string[] | undefined;
  options?: readonly string[] | undefined;
  default?: string | number | boolean | undefined;
  required?: boolean | undefined;
  multiple?: boolean | undefined;
  hidden?: boolean | undefined;
};

export type PageCommand = {
  id: string;
  summary?: string | undefined;
  description?: string | undefined;
  examples?: readonly unknown[] | undefined;
  aliases?: readonly string[] | undefined;
  args: Readonly<Record<string, { required?: boolean | undefined; description?: string | undefined }>>;
  flags: Readonly<Record<string, PageFlag>>;
  strict?: boolean | undefined;
  hidden?: boolean | undefined;
};

/** Groups of flags that have a page of their own, and the flag without which a command has only some of them. */
const FOLDED: readonly { group: string; page: string; unless: string }[] = [
  { group: 'TARGET', page: 'targets', unless: 'endpoint-url' },
  { group: 'OUTPUT', page: 'output', unless: 'format' },
];

/** Options are shown in the place of the value as long as they are no longer than this. */
const SHORT_OPTIONS = 14;

/** The help of one command. */
export function commandPage(command: PageCommand, sheet: Sheet): string {
  const { summary = '', description = '', flags } = command;
  const folded = FOLDED.filter(({ unless }) => unless in flags);
  const shown = Object.entries(flags).filter(([, flag]) => !flag.hidden && !folded.some(({ group }) => group === flag.helpGroup));
  const groups = [...new Set(shown.map(([, { helpGroup }]) => helpGroup))].sort((a, b) => rank(a) - rank(b));
  const links = folded.map((each) => `mqdyn help ${each.page}`).join(' and ');
  return page(
    [
      { lines: paragraphs(`${capitalized(summary)}.\n\n${description}`, sheet) },
      { heading: 'USAGE', lines: [`  ${usage(command)}`] },
      { heading: 'ALIASES', lines: (command.aliases ?? []).map((alias) => `  mqdyn ${alias.replaceAll(':', ' ')}`) },
      { heading: 'ARGUMENTS', lines: argumentLines(command, sheet) },
      ...groups.map((group): Part => ({
        heading: group === undefined ? 'FLAGS' : `${group} FLAGS`,
        lines: flagLines(
          shown.filter(([, { helpGroup }]) => helpGroup === group),
          sheet,
        ),
      })),
      ...(flags['filter']?.helpValue === 'EXPR' ? filterParts(sheet) : []),
      { heading: 'EXAMPLES', lines: examplesOf(command).flatMap((line) => shellLine(line, sheet)) },
      { lines: links === '' ? [] : paragraphs(`Global flags: see ${links}`, sheet) },
    ],
    sheet,
  );
}

/** `mqdyn scan TABLE [flags]`. */
export function usage({ id, args, flags, strict }: PageCommand): string {
  const names = Object.entries(args);
  const words = names.map(([name, { required }], index) => {
    const word = name.toUpperCase() + (strict === false && index === names.length - 1 ? '...' : '');
    return required ? word : `[${word}]`;
  });
  const takesFlags = Object.values(flags).some(({ hidden }) => !hidden);
  return ['mqdyn', id.replaceAll(':', ' '), ...words, ...(takesFlags ? ['[flags]'] : [])].join(' ');
}

/** Flags with their values, what they do, which values they take and which one they have. */
export function flagLines(flags: readonly (readonly [string, PageFlag])[], sheet: Sheet): string[] {
  const short = flags.some(([, { char }]) => char !== undefined);
  const rows = flags.map(([name, flag]): [string, string] => {
    const letter = flag.char === undefined ? (short ? '    ' : '') : `-${flag.char}, `;
    const value = flag.type === 'boolean' ? '' : ` ${valueOf(name, flag)}`;
    return [`${letter}--${name}${value}`, `${flag.summary ?? ''}${marks(flag)}`];
  });
  return twoColumns(rows, sheet);
}

function valueOf(name: string, { helpValue, options }: PageFlag): string {
  if (helpValue !== undefined) return [helpValue].flat().join(' ');
  const inline = options?.join('|') ?? '';
  if (inline !== '' && inline.length <= SHORT_OPTIONS) return inline;
  return options === undefined ? 'N' : name.replace(/^.*-/, '').toUpperCase();
}

function marks(flag: PageFlag): string {
  const { options, multiple, required, type } = flag;
  const fallback = type === 'boolean' ? undefined : flag.default;
  const said = [
    ...(options !== undefined && options.join('|').length > SHORT_OPTIONS ? [`one of ${options.join(', ')}`] : []),
    ...(required ? ['required'] : []),
    ...(multiple ? ['may be repeated'] : []),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ];
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}

function argumentLines({ args, strict }: PageCommand, sheet: Sheet): string[] {
  const names = Object.entries(args);
  const rows = names.map(([name, { description = '' }], index): [string, string] => {
    const more = strict === false && index === names.length - 1 ? '...' : '';
    return [name.toUpperCase() + more, description];
  });
  return twoColumns(rows, sheet);
}

function examplesOf({ examples = [] }: PageCommand): string[] {
  return examples
    .filter((example) => typeof example === 'string')
    .map((example) => example.replaceAll('<%= config.bin %>', 'mqdyn'));
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Flags without a group first, those that are folded elsewhere last. */
function rank(group: string | undefined): number {
  return group === undefined ? 0 : FOLDED.some((each) => each.group === group) ? 2 : 1;
}
