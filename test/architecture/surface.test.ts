import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

const COMMANDS = fileURLToPath(new URL('../../src/commands/', import.meta.url));
const RECORDING = JSON.stringify({ tst: 1714727731, topic: 'plant/a', qos: 1, retain: 1, payload: 'up' });

type CommandClass = Omit<Command.Class, 'new'> & Parameters<typeof runCommand>[0];

/** One run of each command, in an order in which each finds the data it needs. */
const RUNS: readonly (readonly string[])[] = [
  ['tables create', 'mqtt_msg', 'mqtt_sub', 'mqtt_client', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'],
  ['hooks'],
  ['tables list'],
  ['tables validate'],
  ['tables diff'],
  ['tables apply', '--yes'],
  ['config'],
  ['tables describe', 'mqtt_sub'],
  ['subscribe', 'panel-1', 'plant/a', '--qos', '1'],
  ['subs'],
  ['replay', '-'],
  ['scan', 'mqtt_msg'],
  ['query', 'mqtt_sub', 'panel-1'],
  ['get', 'mqtt_sub', 'panel-1', 'plant/a'],
  ['msg', '--decode', 'Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD'],
  ['unsubscribe', 'panel-1', 'plant/a'],
  ['purge', 'retained', '--everything'],
  ['tables drop', 'mqtt_msg', '--yes'],
];

const folder = temporaryFolder();
afterAll(() => folder.remove());

async function commandClasses(): Promise<Map<string, CommandClass>> {
  const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const classes = files.map(async (file): Promise<[string, CommandClass]> => {
    const module = (await import(pathToFileURL(join(COMMANDS, file)).href)) as { default: CommandClass };
    return [
      file
        .replace(/\.ts$/, '')
        .replace(/\/index$/, '')
        .replaceAll('/', ' '),
      module.default,
    ];
  });
  return new Map((await Promise.all(classes)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `table` required, `[table]` optional, `...` when there may be more. */
function argsText({ args, strict }: CommandClass): string {
  const names = Object.entries(args).map(([name, arg]) => (arg.required ? name : `[${name}]`));
  return [...names, ...(strict ? [] : ['...'])].join(' ');
}

async function flagText(name: string, flag: Command.Class['flags'][string]): Promise<string> {
  const value = flag.type === 'boolean' ? '' : ` ${flag.options?.join('|') ?? [flag.helpValue ?? 'value'].flat().join(' ')}`;
  const given: unknown = flag.default;
  const fallback: unknown =
    typeof given === 'function' ? await (given as (context: object) => unknown)({ options: flag, flags: {} }) : given;
  const marks = [
    flag.char && `-${flag.char}`,
    flag.required && 'required',
    flag.type === 'option' && flag.multiple && 'repeatable',
    fallback !== undefined && fallback !== false && `default ${String(fallback as string | number)}`,
  ].filter(Boolean);
  return `  --${name}${value}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

/** Names and types of the members of a JSON document; a list is shown by its first element. */
function shape(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${shape(value[0])}]`;
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return `{${Object.entries(value)
    .map(([name, member]) => `${name}: ${shape(member)}`)
    .join(', ')}}`;
}

let classes: Map<string, CommandClass>;
const documents = new Map<string, string>();
/** Names of the members of a row, or of the one thing that is shown. */
const members = new Map<string, string[]>();

function membersOf(document: object): string[] {
  return Object.keys('items' in document ? ((document.items as object[])[0] ?? {}) : document);
}

beforeAll(async () => {
  classes = await commandClasses();
  for (const [id, ...argv] of RUNS) {
    const target =
      id === 'msg' || id === 'hooks' || id === 'tables validate' ? [] : ['--endpoint-url', 'local', '--data-dir', folder.path];
    const options = id === 'replay' ? ['--rejects', join(folder.path, 'rejects.jsonl')] : [];
    const result = await runCommand(classes.get(id!)!, [...argv, ...target, ...options, '--json'], { stdin: RECORDING });
    documents.set(id!, result.code === 0 ? shape(JSON.parse(result.stdout)) : result.stderr);
    if (result.code === 0) members.set(id!, membersOf(JSON.parse(result.stdout) as object));
  }
});

describe('the command surface', () => {
  it('is what it was: commands, arguments, flags and JSON members', async () => {
    const lines: string[] = [];
    for (const [id, command] of classes) {
      lines.push(`${id} ${argsText(command)}`.trimEnd());
      for (const alias of command.aliases ?? []) lines.push(`  alias ${alias}`);
      const flags = { ...command.baseFlags, ...command.flags };
      for (const name of Object.keys(flags).sort()) {
        if (!flags[name]!.hidden) lines.push(await flagText(name, flags[name]!));
      }
      if (documents.has(id)) lines.push(`  json ${documents.get(id)!}`);
      lines.push('');
    }
    await expect(lines.join('\n')).toMatchFileSnapshot('surface.txt');
  });

  it('lets --fields name every member of the JSON', () => {
    const totals = ['scannedCount', 'consumedCapacity'];
    for (const [id, names] of members) {
      const { fields, anyField } = classes.get(id) as { fields?: readonly string[]; anyField?: boolean };
      if (fields === undefined || anyField) continue;
      expect([id, names.filter((name) => ![...fields, ...totals].includes(name))]).toEqual([id, []]);
    }
    expect(members.size).toBeGreaterThan(10);
  });

  it('describes every command and every flag', () => {
    for (const [id, command] of classes) {
      expect(command.summary, id).toMatch(/^[a-z]/);
      expect(command.examples?.length, id).toBeGreaterThan(0);
      for (const [name, flag] of Object.entries(command.flags ?? {})) expect(flag.summary, `${id} --${name}`).toMatch(/\w/);
    }
  });
});
