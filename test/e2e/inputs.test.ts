import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/root.ts';
import { makeUser, runBin } from '../harness/run-bin.ts';

const user = makeUser();
const inFolder = (name: string) => join(user.folder, name);
const messages = async () => JSON.parse((await runBin(user, ['scan', 'mqtt_msg', '--json'])).stdout) as { items: object[] };

const publish = (id: number) =>
  JSON.stringify({
    event: 'message.publish',
    id: `00061789293F818B6E0B00001A2B${id.toString(16).padStart(4, '0').toUpperCase()}`,
    clientid: 'sensor-17',
    topic: 'plant/a/temp',
    qos: 1,
    payload: 'x',
    publish_received_at: 1714727730250,
  });

beforeAll(async () => {
  expect((await runBin(user, ['tables', 'create'])).code).toBe(0);
});
afterAll(() => user.remove());

describe('tables that are not there', () => {
  it.each([
    ['scan', 'mqtt_mgs'],
    ['query', 'mqtt_mgs', 'x'],
    ['tables', 'describe', 'mqtt_mgs'],
  ])('%s %s: 4, with the table that was meant', async (...args) => {
    const { code, stdout, stderr } = await runBin(user, args);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(`mqdyn: E_NO_TABLE: mqtt_mgs not found in the embedded engine in ${user.data}.`);
    expect(stderr).toContain('Did you mean mqtt_msg?');
  });

  it('a table of the backend: 4, with the way to create it', async () => {
    const { code, stderr } = await runBin(user, ['scan', 'mqtt_msg', '--table-prefix', 'none-']);
    expect(code).toBe(4);
    expect(stderr).toContain('none-mqtt_msg not found');
    expect(stderr).toContain('Run: mqdyn tables create');
  });

  it('a replay looks for all of its tables before it writes', async () => {
    writeFileSync(inFolder('good.jsonl'), publish(1));
    await runBin(user, ['tables', 'create', 'mqtt_msg', '--table-prefix', 'some-']);
    const { code, stderr } = await runBin(user, ['replay', 'good.jsonl', '--table-prefix', 'some-']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/E_NO_TABLE: some-mqtt_(client|topic_msg_map|retain|acked) not found/);
    expect((await runBin(user, ['scan', 'mqtt_msg', '--table-prefix', 'some-', '--json'])).stdout).toContain('"count":0');
  });
});

describe('schema files', () => {
  const folder = inFolder('broken-schemas');
  beforeAll(() => {
    mkdirSync(folder);
    for (const file of readdirSync(join(ROOT, 'schemas')).filter((name) => name.endsWith('.json'))) {
      let text = readFileSync(join(ROOT, 'schemas', file), 'utf8');
      if (file === 'mqtt_sub.json') text = text.replace(/(AttributeDefinitions[^\]]*)\],/, '$1');
      if (file === 'mqtt_msg.json') text = text.replace('{', '');
      writeFileSync(join(folder, file), text);
    }
  });

  it('broken ones: 4, every fault with its place, and no table is created', async () => {
    const { code, stdout, stderr } = await runBin(user, [
      'tables',
      'create',
      '--schema-dir',
      folder,
      '--table-prefix',
      'broken-',
    ]);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('mqdyn: E_SCHEMA: ');
    expect(stderr).toMatch(/mqtt_sub\.json:\d+:\d+: /);
    expect(stderr).toMatch(/mqtt_msg\.json:\d+:\d+: /);
    expect(stderr).toMatch(/^ +\^$/m);
    const { stdout: listed } = await runBin(user, ['tables', 'list', '--all']);
    expect(listed).not.toContain('broken-');
  });

  it('a folder without any, and a file where a folder is wanted: 4', async () => {
    mkdirSync(inFolder('empty'));
    for (const wrong of [inFolder('empty'), join(ROOT, 'package.json'), inFolder('nowhere')]) {
      expect((await runBin(user, ['tables', 'create', '--schema-dir', wrong])).code).toBe(4);
    }
  });
});

describe('recordings', () => {
  it('that are not recordings: 4, nothing written and no reject file', async () => {
    writeFileSync(inFolder('notes.txt'), 'buy milk\ncall the plant\n');
    const before = (await messages()).items.length;
    const { code, stdout, stderr } = await runBin(user, ['replay', 'notes.txt']);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('mqdyn: E_NOT_A_LOG: no valid event in 2 records');
    expect(existsSync(inFolder('notes.txt.rejects.jsonl'))).toBe(false);
    expect((await messages()).items).toHaveLength(before);
  });

  it('with one bad line: 3, the good ones applied, the bad one kept with its reason', async () => {
    writeFileSync(inFolder('mixed.jsonl'), [publish(11), '{"event":"message.publish","id":', publish(12), ''].join('\n'));
    const before = (await messages()).items.length;
    const { code, stderr } = await runBin(user, ['replay', 'mixed.jsonl']);
    expect(code).toBe(3);
    expect(stderr).toContain('read 3 = applied 2 + superseded 0 + skipped 0 + rejected 1');
    expect((await messages()).items).toHaveLength(before + 2);
    const kept = inFolder('mixed.jsonl.rejects.jsonl');
    expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({
      line: 2,
      reason: 'json_syntax',
      raw: '{"event":"message.publish","id":',
    });
    expect(statSync(kept).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['replay', '.'],
    ['replay', 'nowhere.jsonl'],
    ['subscribe', '--from-file', '.'],
    ['subscribe', '--from-file', 'nowhere.csv'],
  ])('%s %s %s: 4', async (...args) => {
    const { code, stdout, stderr } = await runBin(user, args);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/E_INPUT: (\.|nowhere\.\w+) (is a directory, not a file|cannot be read \(ENOENT\))/);
  });

  it('may come from a pipe, gzip or not', async () => {
    writeFileSync(inFolder('piped.jsonl'), `${publish(21)}\n${publish(22)}\n`);
    for (const line of ['mqdyn replay - < piped.jsonl', 'gzip -c piped.jsonl | mqdyn replay -']) {
      const { code, stderr } = await runBin(user, line);
      expect([code, stderr]).toEqual([0, expect.stringContaining('read 2 = applied 2') as string]);
    }
  });
});

describe('a configuration file', () => {
  it.each([
    ['{"endpoint-url": "local",', 'config.json:1:'],
    ['{"endpoint-ulr": "local"}', 'unknown setting endpoint-ulr. Did you mean endpoint-url?'],
    ['{"region": 3}', 'region must be a string'],
  ])('that is wrong (%s): 4 with its place', async (text, said) => {
    writeFileSync(user.config, text);
    const { code, stderr } = await runBin(user, ['tables', 'list']);
    expect(code).toBe(4);
    expect(stderr).toContain('mqdyn: E_CONFIG: ');
    expect(stderr).toContain(said);
  });

  it('names the target; a variable goes before it, a flag before both', async () => {
    const folderOf = async (args: string[], env: NodeJS.ProcessEnv) =>
      /Writing to: embedded engine, (\S+) \(set by (\S+)\)/
        .exec((await runBin(user, ['tables', 'create', ...args], { env })).stderr)
        ?.slice(1);
    writeFileSync(user.config, JSON.stringify({ 'endpoint-url': 'local', 'data-dir': inFolder('by-file') }));
    expect(await folderOf([], {})).toEqual([inFolder('by-file'), user.config]);
    const env = { MQDYN_DATA_DIR: inFolder('by-variable'), MQDYN_ENDPOINT_URL: 'local' };
    expect(await folderOf([], env)).toEqual([inFolder('by-variable'), 'MQDYN_ENDPOINT_URL']);
    const flags = ['--data-dir', inFolder('by-flag'), '--endpoint-url', 'local'];
    expect(await folderOf(flags, env)).toEqual([inFolder('by-flag'), '--endpoint-url']);
    for (const made of ['by-file', 'by-variable', 'by-flag']) expect(existsSync(join(inFolder(made), 'dynamodb'))).toBe(true);
  });

  it('gives way to AWS variables only where nothing of ours names a target', async () => {
    writeFileSync(user.config, '{}');
    const { code, stderr } = await runBin(user, ['tables', 'list'], { env: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' } });
    expect([code, stderr]).toEqual([5, expect.stringContaining('http://127.0.0.1:9') as string]);
    const ours = await runBin(user, ['tables', 'list'], {
      env: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9', MQDYN_ENDPOINT_URL: 'local' },
    });
    expect(ours.code).toBe(0);
  });
});
