import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PageCommand } from '../../../src/cli/help/command-page.ts';
import { FILTER_EXAMPLES } from '../../../src/cli/help/filters.ts';
import { helpText } from '../../../src/cli/help/help.ts';
import { pageWidth, paragraphs, shellLine, twoColumns, type Sheet } from '../../../src/cli/help/layout.ts';
import { EXIT_CODES } from '../../../src/cli/help/pages.ts';
import { SETTINGS, variableOf } from '../../../src/cli/config/settings.ts';
import { HELP_PAGES } from '../../../src/cli/completion/complete.ts';
import { MqdynError } from '../../../src/domain/errors.ts';
import { parseFilter } from '../../../src/domain/expression/filter.ts';
import { Placeholders } from '../../../src/domain/expression/placeholders.ts';
import { pageCommands } from '../../harness/commands.ts';

const WIDTHS = [60, 80, 120];
const TOPICS = [{ name: 'tables', description: 'create, list, describe and drop the tables' }];

let commands: readonly PageCommand[];
beforeAll(async () => {
  commands = await pageCommands();
});

const sheet = (width: number): Sheet => ({ width, heading: (text) => text });
const help = (words: string, width = 80) =>
  helpText({ commands, topics: TOPICS }, words.split(' ').filter(Boolean), sheet(width));
/** As one line, so that it does not matter where it was wrapped. */
const flat = (text: string) => text.replace(/ \\\n/g, ' ').replace(/\s+/g, ' ');
/** What asks for the page of a command; help alone is the page of the program. */
const wordsOf = ({ id }: PageCommand) => (id === 'help' ? 'help --help' : id.replaceAll(':', ' '));
const every = () => [...commands.filter(({ hidden }) => !hidden).map(wordsOf), ...HELP_PAGES, ...['', 'tables']];

describe('every page', () => {
  it.each(WIDTHS)('fits %i columns, without trailing blanks and escape sequences', (width) => {
    expect(every().length).toBeGreaterThan(25);
    for (const words of every()) {
      const lines = help(words, width).split('\n');
      expect(lines.filter((line) => line.length > width)).toEqual([]);
      expect(lines.filter((line) => /\s$|\u001b|<%/.test(line))).toEqual([]);
      expect(lines.at(-1)).toBe('');
    }
  });

  it('says the same at every width', () => {
    for (const words of every()) expect(flat(help(words, 60)).trim()).toBe(flat(help(words, 120)).trim());
  });

  it('is at least as short as it is wide: more columns never make more lines', () => {
    for (const words of every()) {
      const [narrow, usual, wide] = WIDTHS.map((width) => help(words, width).split('\n').length) as [number, number, number];
      expect([words, usual <= narrow, wide <= usual]).toEqual([words, true, true]);
    }
  });
});

describe('the page of a command', () => {
  it.each(WIDTHS)('or a page that it names has every flag, with its values and default, at %i columns', (width) => {
    let flags = 0;
    for (const command of commands.filter(({ hidden }) => !hidden)) {
      const own = flat(help(wordsOf(command), width));
      const linked = [...own.matchAll(/mqdyn help (targets|output)/g)].map(([, page]) => flat(help(page!, width)));
      for (const [name, flag] of Object.entries(command.flags)) {
        if (flag.hidden) continue;
        flags += 1;
        const said = new RegExp(` --${name}(?![\\w-])`);
        const page = [own, ...linked].find((text) => said.test(text) && text.includes(flag.summary!));
        expect(page, `${command.id} --${name}`).toBeDefined();
        for (const option of flag.options ?? []) expect(page).toMatch(new RegExp(`[ |]${option}[ |,;)]`));
        if (flag.type === 'option' && flag.default !== undefined) expect(page).toContain(`default: ${String(flag.default)}`);
        if (flag.char !== undefined) expect(page).toContain(`-${flag.char}, --${name}`);
      }
    }
    expect(flags).toBeGreaterThan(200);
  });

  it('tells the summary once, and every example', () => {
    for (const command of commands.filter(({ hidden }) => !hidden)) {
      const { id, summary = '', examples = [] } = command;
      const page = flat(help(wordsOf(command)));
      expect(page.toLowerCase().split(`${summary.toLowerCase()}.`).length, id).toBe(2);
      for (const example of examples) expect(page).toContain(flat(String(example).replaceAll('<%= config.bin %>', 'mqdyn')));
    }
  });

  it('is laid out like this', () => {
    expect(help('query', 60)).toContain(
      [
        'USAGE',
        '  mqdyn query TABLE KEY [flags]',
        '',
        'ARGUMENTS',
        '  TABLE  name of the table',
        '  KEY    value of the partition key',
        '',
        'SELECTION FLAGS',
        "  --sort-key 'OP VALUE'  =, <, <=, >, >=, begins_with, or",
        '                         between A and B',
      ].join('\n'),
    );
    expect(help('query').trimEnd().split('\n').at(-1)).toBe('Global flags: see mqdyn help targets and mqdyn help output');
    expect(help('replay')).toContain('\n  mqdyn replay [FILE...] [flags]\n');
    expect(help('tables create')).toContain('\n  mqdyn tables create [TABLE...] [flags]\n');
  });

  it('shows what it has of a group where that is not all of it', () => {
    const page = help('tables validate');
    expect(page).toContain('TARGET FLAGS\n');
    expect(page).toContain('--schema-dir DIR');
    expect(page.trimEnd().split('\n').at(-1)).toBe('Global flags: see mqdyn help output');
  });

  it('is the same however it is asked for', () => {
    for (const words of ['scan --help', 'scan -h', 'scan mqtt_msg --limit 3 -h', 'help scan', 'help scan --json']) {
      expect(help(words)).toBe(help('scan'));
    }
    expect(help('help --help')).toContain('mqdyn help [COMMAND...]');
    for (const words of ['help', '--help', '-h']) expect(help(words)).toBe(help(''));
    expect(help('help tables:create')).toBe(help('tables create'));
  });

  it('that does not exist is a usage error with the nearest word', () => {
    const fault = (words: string) => {
      try {
        return help(words);
      } catch (error) {
        return error;
      }
    };
    expect(fault('scna')).toMatchObject({ code: 'E_USAGE', message: 'there is no help for scna. Did you mean scan?' });
    expect(fault('help exit-code')).toMatchObject({ message: expect.stringContaining('Did you mean exit-codes?') as string });
    expect(fault('xyzzy')).toBeInstanceOf(MqdynError);
  });
});

it('a letter means the same flag in every command', () => {
  const letters = new Map(Object.entries({ c: 'context', o: 'format', q: 'quiet', y: 'yes' }));
  for (const { id, flags } of commands) {
    for (const [name, { char }] of Object.entries(flags)) {
      if (char !== undefined || [...letters.values()].includes(name)) expect([id, letters.get(char ?? '')]).toEqual([id, name]);
    }
  }
});

describe('the page of the program', () => {
  it('has every command in a group', () => {
    const page = help('');
    const visible = commands.filter(({ hidden, id, aliases }) => !hidden && !aliases?.includes(id));
    for (const { id } of visible) expect(page).toMatch(new RegExp(`^  ${id.replaceAll(':', ' ')}  +\\w`, 'm'));
    expect(page).not.toContain('OTHER');
    expect([...page.matchAll(/^[A-Z ]+$/gm)].map(([heading]) => heading)).toEqual(
      ['USAGE', 'LOOK', 'EXPLAIN', 'CHANGE', 'SCHEMA', 'MOVE', 'TOOL', 'EXAMPLES', 'ENVIRONMENT', 'EXIT CODES', 'MORE'].sort(
        (a, b) => page.indexOf(`${a}\n`) - page.indexOf(`${b}\n`),
      ),
    );
    expect(page.match(/^ {2}\$ mqdyn /gm)).toHaveLength(2);
    for (const name of HELP_PAGES) expect(page).toContain(`mqdyn help ${name}`);
  });
});

describe('the pages about what commands share', () => {
  it('name every setting, format and exit code', () => {
    for (const name of SETTINGS) expect(help('targets')).toContain(variableOf(name));
    for (const format of ['table', 'json', 'jsonl', 'csv', 'ddb-json']) expect(help('output')).toContain(`\n  ${format} `);
    for (const [code, meaning] of EXIT_CODES) expect(flat(help('exit-codes'))).toContain(` ${code} ${meaning}`);
  });

  it('show filters that the parser takes, and every function that it knows', () => {
    expect(FILTER_EXAMPLES).toHaveLength(3);
    for (const page of [help('scan'), help('query'), help('filters')]) {
      for (const example of FILTER_EXAMPLES) expect(flat(page)).toContain(example);
    }
    for (const example of FILTER_EXAMPLES) {
      const [, filter] = /--filter "([^"]*)"/.exec(example)!;
      expect(parseFilter(filter!, new Placeholders(), FILTER_OPTIONS).expression).toMatch(/#/);
    }
    const [, known] = /expected one of ([\w, ]+), found/.exec(
      messageOf(() => parseFilter('nope(a)', new Placeholders(), FILTER_OPTIONS)),
    )!;
    for (const name of known!.split(', ')) expect(help('filters')).toMatch(new RegExp(`^  ${name}\\(`, 'm'));
  });
});

const FILTER_OPTIONS = { now: 0, times: new Set(['arrived']), flag: '--filter' } as const;

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('the layout', () => {
  it('never loses a word, never makes a longer line than it has to, and never ends one with a blank', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(words, fc.stringMatching(/^--[a-z]{1,40}$/), fc.integer({ min: 40, max: 120 }), (right, left, width) => {
        const prose = paragraphs(right.join('\n'), sheet(width));
        const table = twoColumns([[left, right.join(' ')]], sheet(width));
        expect(prose.join(' ').split(' ')).toEqual(right);
        expect(table.join(' ').trim().split(/\s+/)).toEqual([left, ...right]);
        for (const line of [...prose, ...table]) {
          expect(line).not.toMatch(/\s$/);
          expect(line.length <= width || !/\S \S/.test(line)).toBe(true);
        }
      }),
    );
  });

  it('goes by the terminal within reason', () => {
    expect([undefined, 0, 20, 60, 80, 100, 200].map(pageWidth)).toEqual([80, 80, 40, 60, 80, 100, 120]);
  });

  it('breaks a command as a shell takes it, and never between a flag and its value', () => {
    const lines = shellLine(`mqdyn scan mqtt_msg --filter "qos > 0 and (topic = 'plant/a')" --count`, sheet(60));
    expect(lines).toEqual(['  $ mqdyn scan mqtt_msg \\', `      --filter "qos > 0 and (topic = 'plant/a')" --count`]);
  });
});
