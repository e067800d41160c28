import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadDefinitions } from '../../src/app/tables/load-definitions.ts';
import { OWN_SCHEMA_DIR } from '../../src/files/schema-folder.ts';
import { startBroker, type TestBroker } from '../harness/broker.ts';
import { schemaFaults, unknownKeywords, type JsonSchema } from '../harness/json-schema.ts';
import { local, ROOT, runCommand, temporaryFolder, type CommandClass, type RunResult } from '../harness/run-command.ts';
import { fakePlant } from '../harness/aws-run.ts';
import type { FakeAws } from '../harness/fake-aws.ts';
import { publish } from '../harness/replay-fixture.ts';
import { IDS, NOW, seed } from '../harness/seed-data.ts';

const SCHEMAS = join(ROOT, 'schemas/output');
const GOLDEN = join(ROOT, 'test/fixtures/golden');
const names = readdirSync(SCHEMAS).map((file) => file.replace('.json', ''));
const schemas = new Map(
  names.map((name) => [name, JSON.parse(readFileSync(join(SCHEMAS, `${name}.json`), 'utf8')) as JsonSchema]),
);

const folder = temporaryFolder();
const data = join(folder.path, 'data');
const recording = join(folder.path, 'log.jsonl');
const journal = join(folder.path, 'journal.jsonl');
const env = { XDG_CONFIG_HOME: join(folder.path, 'xdg') };
const classes = new Map<string, CommandClass>();
let aws: FakeAws;
let broker: TestBroker;
afterAll(async () => {
  folder.remove();
  vi.unstubAllEnvs();
  await aws.close();
  await broker.close();
});

beforeAll(async () => {
  aws = await fakePlant();
  broker = await startBroker();
  aws.now = () => NOW;
  vi.stubEnv('AWS_ENDPOINT_URL_S3', aws.endpoint);
  const commands = join(ROOT, 'src/commands');
  for (const file of readdirSync(commands, { recursive: true, encoding: 'utf8' }).filter((each) => each.endsWith('.ts'))) {
    const module = (await import(pathToFileURL(join(commands, file)).href)) as { default: CommandClass };
    classes.set(file.replace(/\.ts$/, '').replaceAll('/', '-'), module.default);
  }
  await run('tables-create');
  await seed(data);
  writeFileSync(journal, `{"journal":1}\n{"table":"mqtt_topic_msg_map","topic":"other","taken":["${IDS.gone}"]}\n`, {
    mode: 0o600,
  });
  writeFileSync(recording, `${JSON.stringify(publish(1))}\n`);
  writeFileSync(join(folder.path, 'items.jsonl'), '{"Item":{"clientid":{"S":"panel-8"},"topic":{"S":"a"},"qos":{"N":"1"}}}\n');
  writeFileSync(join(folder.path, 'wide.json'), readFileSync(join(ROOT, 'schemas/mqtt_sub.json'), 'utf8').replace(': 5', ': 6'));
});

const NO_TARGET = ['hooks', 'tables-validate', 'msg-decode'];

function run(name: string, argv: string[] = [], more: string[] = []): Promise<RunResult> {
  const job = argv.some((word) => word.startsWith('s3://'));
  const aside = job ? ['--endpoint-url', aws.endpoint, '--region', 'eu-west-1'] : local(data);
  const target = NO_TARGET.includes(name) || (name === 'config' && argv.length > 1) ? [] : aside;
  return runCommand(classes.get(name)!, [...argv, '--json', ...target, ...more], { now: NOW, env });
}

/** A run of every command in each of its forms, in an order in which each finds what it needs. */
const RUNS: readonly (readonly [string, ...string[]])[] = [
  ['tables-create'],
  ['tables-create', '--dry-run', '--table-prefix', 'new-'],
  ['tables-list', '--all'],
  ['tables-list', '--table-prefix', 'none-'],
  ['tables-describe', 'mqtt_sub'],
  ['tables-validate'],
  ['tables-diff'],
  ['tables-diff', '--table-prefix', 'none-'],
  ['tables-apply', '--dry-run', 'mqtt_sub', '--schema-dir', 'WIDE'],
  ['tables-apply', '--yes', 'mqtt_sub', '--schema-dir', 'WIDE'],
  ['hooks'],
  ['config'],
  ['config', '-c', 'prod', 'region', 'eu-west-1'],
  ['config', 'use'],
  ['config', 'region', '--region', 'eu-west-1'],
  ['clients'],
  ['clients', 'panel-1'],
  ['subs'],
  ['topics', '--depth', '1'],
  ['retained'],
  ['pending'],
  ['pending', '--client', 'panel-1'],
  ['msg', IDS.waiting],
  ['msg', IDS.waiting, IDS.binary],
  ['msg', '--decode', IDS.waiting],
  ['msg', '--decode', IDS.waiting, IDS.binary],
  ['explain', 'panel-1', 'plant/a/temp'],
  ['explain', 'panel-1'],
  ['stats'],
  ['stats', '--scan'],
  ['stats', '--cost', '--region', 'us-east-1'],
  ['doctor'],
  ['doctor', '--list-checks'],
  ['doctor', '--subset', '50%', '--check', 'unknown_attribute'],
  ['doctor', '--plan-out', 'PLAN', '--check', 'map_empty,map_type'],
  ['doctor', '--plan', 'PLAN', '--yes', '--journal', 'FIXES'],
  ['doctor', '--fix', '--yes', '--check', 'map_id_without_message', '--journal', 'FIXES'],
  ['scan', 'mqtt_msg'],
  ['scan', 'mqtt_msg', '--count'],
  ['query', 'mqtt_sub', 'panel-1'],
  ['get', 'mqtt_client', 'panel-1'],
  ['subscribe', 'panel-9', 'a/b', '--qos', '1'],
  ['put', 'mqtt_sub', '{"clientid":"panel-9","topic":"a/b","qos":2}'],
  ['update', 'mqtt_sub', 'panel-9', 'a/b', '--set', 'qos=1'],
  ['update', 'mqtt_sub', 'panel-9', 'a/none', '--set', 'qos=1'],
  ['delete', 'mqtt_sub', 'panel-9', 'a/b'],
  ['delete', 'messages', IDS.waiting],
  ['publish', 'plant/new', 'x'],
  ['publish', 'plant/new', 'x', '--qos', '0'],
  ['publish', 'plant/new', 'x', '--retain'],
  ['publish', 'plant/new', '', '--retain'],
  ['deliver', '--to', 'mqtt://127.0.0.1', '--retained', '--dry-run'],
  ['deliver', '--to', 'BROKER', '--retained', '--protocol', '4', '--yes'],
  ['rewind', 'JOURNAL', '--dry-run'],
  ['rewind', 'JOURNAL', '--yes'],
  ['rewind', 'JOURNAL', '--yes'],
  ['unsubscribe', 'panel-9', 'a/b', 'a/c'],
  ['purge', 'messages', '--older-than', '30d', '--max-wcu', '5'],
  ['purge', 'messages', '--topic', 'plant/#', '--yes'],
  ['replay', 'LOG', '--dry-run'],
  ['replay', 'LOG', '--dry-run', '--diff'],
  ['replay', 'LOG'],
  ['import', 'ITEMS', 'mqtt_sub', '--merge', '--dry-run'],
  ['import', 'ITEMS', 'mqtt_sub', '--merge'],
  ['export', '--out', 'BACKUP'],
  ['export', '--verify', 'BACKUP'],
  ['export', '--inspect', 'BACKUP', '--depth', '1'],
  ['export', '--native', 's3://plant'],
  ['export', '--native', 's3://plant', '--at', '2024-01-01', '--no-wait', 'mqtt_sub'],
  ['import', '--native', 's3://plant', '--table-prefix', 'new-'],
  ['import', '--bulk', 's3://plant', '--yes', '--yes-overwrite-map'],
  ['tables-drop', 'mqtt_msg', 'mqtt_nothing', '--yes'],
];

/** Neither a purge, a delivery, a replay nor an import leaves anything in the working folder. */
function filesOf(name: string, words: readonly string[]): string[] {
  if (name === 'purge') return ['--journal', join(folder.path, 'p.journal'), '--checkpoint', join(folder.path, 'p.checkpoint')];
  if (name === 'deliver') return ['--journal', join(folder.path, 'd.journal')];
  if ((name !== 'replay' && name !== 'import') || words.includes('--native') || words.includes('--bulk')) return [];
  const rejects = ['--rejects', join(folder.path, 'r.jsonl')];
  return words.includes('--dry-run') ? rejects : [...rejects, '--checkpoint', join(folder.path, `${name}.checkpoint`)];
}

function place(word: string): string {
  if (word === 'LOG') return recording;
  if (word === 'ITEMS') return join(folder.path, 'items.jsonl');
  if (word === 'BROKER') return broker.url;
  if (word === 'BACKUP') return join(folder.path, 'backup');
  if (word === 'JOURNAL') return journal;
  if (word === 'PLAN' || word === 'FIXES') return join(folder.path, word);
  return word === 'WIDE' ? join(folder.path) : word;
}

describe('schemas of what --json prints', () => {
  it('there is one for every command that has it, and no other', () => {
    const withJson = [...classes].filter(([, command]) => 'json' in ((command as unknown as Command.Class).flags ?? {}));
    expect(names.toSorted()).toEqual([...withJson.map(([name]) => name), 'error'].toSorted());
    expect(new Set(RUNS.map(([name]) => name))).toEqual(new Set(names.filter((name) => name !== 'error')));
  });

  it.each(names)('%s is of draft 2020-12 and says nothing that the check passes over', (name) => {
    const schema = schemas.get(name)!;
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(unknownKeywords(schema)).toEqual([]);
  });

  const golden = readdirSync(GOLDEN).filter((file) => file.endsWith('.json.txt'));
  it.each(golden)('%s is as its schema says', (file) => {
    const [stdout] = readFileSync(join(GOLDEN, file), 'utf8').split('--- stderr');
    expect(schemaFaults(schemas.get(/^[a-z]+/.exec(file)![0])!, JSON.parse(stdout!))).toEqual([]);
  });

  it.each(RUNS)('%s %s %s is as its schema says, and not without one of its members or with another', async (name, ...words) => {
    const { code, stdout, stderr } = await run(name, words.map(place), filesOf(name, words));
    // some of what is stored cannot be delivered
    expect(name === 'deliver' ? [3] : [0, 1], stderr).toContain(code);
    // storing a setting prints no document
    if (stdout === '' && words.includes('prod')) return;
    const document = JSON.parse(stdout) as Record<string, unknown>;
    const schema = schemas.get(name)!;
    expect(schemaFaults(schema, document)).toEqual([]);
    const isOpen = ['clients', 'get', 'msg'].includes(name);
    if (!isOpen) expect(schemaFaults(schema, { ...document, another: 1 })).not.toEqual([]);
    // an item may have any attributes
    if (name === 'get') return;
    // without its items a scan looks as with --count
    const dropped = 'count' in document ? 'count' : Object.keys(document)[0]!;
    const { [dropped]: _gone, ...rest } = document;
    expect(schemaFaults(schema, rest)).not.toEqual([]);
  });

  it('an error is as its schema says', async () => {
    for (const argv of [['mqtt_nothing'], ['mqtt_msg', '--filter', 'qos >']]) {
      const { stderr } = await run('scan', argv);
      expect(schemaFaults(schemas.get('error')!, JSON.parse(stderr))).toEqual([]);
    }
  });

  it('are not taken for schema files of tables', async () => {
    expect((await loadDefinitions(OWN_SCHEMA_DIR)).map(({ TableName }) => TableName)).toHaveLength(6);
  });
});

describe('key and billing of tables', () => {
  it('are data beside the words', async () => {
    const { stdout } = await run('tables-describe', ['mqtt_sub']);
    expect(JSON.parse(stdout)).toMatchObject({
      key: '(clientid HASH, topic RANGE)',
      billing: 'provisioned 6/5',
      keySchema: [
        { name: 'clientid', keyType: 'HASH', type: 'S' },
        { name: 'topic', keyType: 'RANGE', type: 'S' },
      ],
      billingMode: 'PROVISIONED',
      readCapacityUnits: 6,
      writeCapacityUnits: 5,
    });
  });
});
