import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { conflictReason, needReason } from '../../src/cli/flag-conflicts.ts';
import Clients from '../../src/commands/clients.ts';
import Explain from '../../src/commands/explain.ts';
import Query from '../../src/commands/query.ts';
import Replay from '../../src/commands/replay.ts';
import Scan from '../../src/commands/scan.ts';
import TablesExport from '../../src/commands/tables/export.ts';
import { ROOT, runCommand, type CommandClass } from '../harness/run-command.ts';

const COMMANDS = join(ROOT, 'src/commands');

/** Nothing listens there and no such file is: whoever reads or opens anything ends with another error. */
const NOWHERE = ['--endpoint-url', 'http://127.0.0.1:1'];

const CASES: readonly [CommandClass, string[], string][] = [
  [Scan, [], 'missing argument TABLE. See mqdyn scan --help.'],
  [Query, [], 'missing arguments TABLE and KEY. See mqdyn query --help.'],
  [Scan, ['mqtt_msg', 'a', 'b', ...NOWHERE], 'unexpected arguments a, b. See mqdyn scan --help.'],
  [Scan, ['mqtt_msg', '--limti', '3'], 'unknown flag --limti. Did you mean --limit? See mqdyn scan --help.'],
  [Scan, ['mqtt_msg', '--limti=3'], 'unknown flag --limti. Did you mean --limit? See mqdyn scan --help.'],
  [Scan, ['mqtt_msg', '-x', '-z'], 'unknown flags -x, -z. See mqdyn scan --help.'],
  [Scan, ['mqtt_msg', '--limit'], '--limit needs a value. See mqdyn scan --help.'],
  [Scan, ['mqtt_msg', '--limit', '1', '--limit', '2'], '--limit is given twice. See mqdyn scan --help.'],
  [
    Scan,
    ['mqtt_msg', '--format', 'jsno'],
    'invalid value "jsno" for --format. Did you mean json? Use table, json, jsonl, csv or ddb-json.',
  ],
  [Scan, ['mqtt_msg', '--format'], '--format needs a value. Use table, json, jsonl, csv or ddb-json.'],
  [Scan, ['mqtt_msg', '--limit', 'many'], 'invalid value "many" for --limit; use an integer. See mqdyn scan --help.'],
  [
    Scan,
    ['mqtt_msg', '--count', '--fields', 'qos', ...NOWHERE],
    '--count and --fields exclude each other: a count has no fields. See mqdyn scan --help.',
  ],
  [
    Clients,
    ['--online', '--offline', ...NOWHERE],
    '--offline and --online exclude each other: a client is either online or offline. See mqdyn clients --help.',
  ],
  [
    Explain,
    ['c', 't', '--qos', '1', ...NOWHERE],
    '--qos needs --subscribed: it is the QoS of that subscription. See mqdyn explain --help.',
  ],
  [
    Replay,
    ['none.jsonl', '--to-import', 'd', '--resume', '--restart', '--pool', 'p', ...NOWHERE],
    '--pool needs --hooks: pools are named in that file; ' +
      '--restart and --resume exclude each other: one starts over, the other goes on; ' +
      '--resume and --to-import exclude each other: rendering always starts from the first record. See mqdyn replay --help.',
  ],
  [TablesExport, [], 'missing flag --as. See mqdyn tables export --help.'],
  [Replay, ['none.jsonl', '--only', 'on_message_acked', ...NOWHERE], 'Did you mean on_message_acked_for_queue? '],
];

/** The same command under the name that it has when the program loads it. */
function named(command: CommandClass): CommandClass {
  const id = command === TablesExport ? 'tables:export' : command.name.toLowerCase();
  return Object.assign(class extends (command as typeof Scan) {}, { id });
}

describe('what the command line refuses', () => {
  it.each(CASES)('%o %j: %s', async (command, argv, sentence) => {
    const { code, stdout, stderr } = await runCommand(named(command), argv, { env: { FORCE_COLOR: '1' } });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^mqdyn: E_USAGE: [^\n\u001b]*\n$/);
    expect(stderr).toContain(sentence);
  });

  // a flag at the end would take --json for its value
  it.each(CASES.filter(([, argv]) => !argv.at(-1)?.startsWith('--')))('%o %j --json is one object', async (command, argv) => {
    const { code, stdout, stderr } = await runCommand(named(command), [...argv, '--json'], { env: { FORCE_COLOR: '1' } });
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string; hint: string } };
    expect([code, stdout, error.code]).toEqual([2, '', 'E_USAGE']);
    expect(`${error.message}${error.hint}`).not.toMatch(/[\n\u001b]/);
  });
});

async function everyCommand(): Promise<
  Map<string, CommandClass & Command.Class & { fields?: readonly string[]; anyField: boolean }>
> {
  const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const modules = files.map(async (file) => [file, (await import(pathToFileURL(join(COMMANDS, file)).href)).default] as const);
  return new Map(await Promise.all(modules));
}

describe('a field that no row can have', () => {
  it('is told before anything is read or opened, in every command that knows its fields', async () => {
    const tried: string[] = [];
    for (const [file, command] of await everyCommand()) {
      const { fields, anyField, args, flags } = command;
      if (fields === undefined || anyField) continue;
      tried.push(file);
      expect(new Set(fields).size).toBe(fields.length);
      const needed = Object.entries(flags).flatMap(([name, { required: is }]) => (is ? [`--${name}`, 'x'] : []));
      const required = [...Object.values(args).flatMap(({ required: is }) => (is ? ['x'] : [])), ...needed];
      const nowhere = 'endpoint-url' in flags ? NOWHERE : [];
      const { code, stdout, stderr } = await runCommand(command, [...required, '--fields', 'sttus', ...nowhere]);
      expect([file, code, stdout]).toEqual([file, 2, '']);
      expect(stderr).toMatch(/^mqdyn: E_USAGE: --fields: unknown field "sttus"\.?( Did you mean \w+\?)? Fields: [\w, -]+\.\n$/);
    }
    expect(tried.length).toBeGreaterThan(12);
  });
});

describe('flags that exclude or need each other', () => {
  it('say why, in every command', async () => {
    const missing: string[] = [];
    let pairs = 0;
    for (const [file, { flags }] of await everyCommand()) {
      for (const [name, { exclusive = [], dependsOn = [] }] of Object.entries(flags ?? {})) {
        for (const other of exclusive.map(String)) {
          pairs += 1;
          if (conflictReason(name, other) === undefined) missing.push(`${file}: --${name} excludes --${other}`);
        }
        for (const other of dependsOn.map(String)) {
          pairs += 1;
          if (needReason(name, other) === undefined) missing.push(`${file}: --${name} needs --${other}`);
        }
      }
    }
    expect(missing, 'give the reason in src/cli/flag-conflicts.ts').toEqual([]);
    expect(pairs).toBeGreaterThan(10);
  });
});
