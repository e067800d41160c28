import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Autocomplete from '../../src/commands/autocomplete.ts';
import Complete from '../../src/commands/complete.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { startEmbeddedEngine, type EmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import { startFaultServer, type FaultServer } from '../harness/fault-server.ts';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
const env = { XDG_CONFIG_HOME: join(folder.path, 'config'), XDG_CACHE_HOME: join(folder.path, 'cache') };
let engine: EmbeddedEngine;
let server: FaultServer;

beforeAll(async () => {
  engine = await startEmbeddedEngine(join(folder.path, 'engine'));
  server = await startFaultServer(engine.endpoint);
  await runCommand(TablesCreate, ['mqtt_msg', '--endpoint-url', server.endpoint, '--table-prefix', 'stg_']);
  mkdirSync(join(folder.path, 'config', 'mqdyn'), { recursive: true });
  const context = { 'endpoint-url': server.endpoint, 'table-prefix': 'stg_' };
  writeFileSync(
    join(folder.path, 'config', 'mqdyn', 'config.json'),
    JSON.stringify({ contexts: { staging: context, prod: {} } }),
  );
  server.calls = [];
});
afterAll(async () => {
  await server.close();
  await engine.close();
  folder.remove();
});

async function answers(...words: string[]): Promise<string[]> {
  const result = await runCommand(Complete, ['--', ...words], { env });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return result.stdout.split('\n').filter((line) => line !== '');
}

describe('complete', () => {
  it('knows the commands of this program, with what they do', async () => {
    const commands = await answers('');
    expect(commands).toContain('scan\tread a whole table');
    expect(commands.filter((line) => line.startsWith('complete'))).toEqual([]);
    expect((await answers('tables', '')).map((line) => line.split('\t')[0])).toEqual(
      expect.arrayContaining(['apply', 'create', 'describe', 'diff', 'drop', 'export', 'list', 'validate']),
    );
  });

  it('knows formats, actions, contexts and shells', async () => {
    expect(await answers('scan', '--format', 'j')).toEqual(['json', 'jsonl']);
    expect(await answers('replay', '--only', 'on_message_publish,on_client_c')).toEqual([
      'on_message_publish,on_client_connected',
    ]);
    expect(await answers('scan', '--context=')).toEqual(['--context=prod', '--context=staging']);
    expect(await answers('autocomplete', '')).toEqual(['bash', 'fish', 'zsh']);
    expect(await answers('purge', '')).toEqual(['acks', 'clients', 'messages', 'retained']);
    expect(await answers('replay', '')).toEqual([':files']);
  });

  it('knows QoS and the fields of a command or a table, as a list', async () => {
    expect(await answers('subscribe', 'c', 't', '--qos', '')).toEqual(['0', '1', '2']);
    expect(await answers('explain', 'c', 't', '--qos=')).toEqual(['--qos=0', '--qos=1', '--qos=2']);
    expect(await answers('scan', 'mqtt_sub', '--fields', '')).toEqual(['clientid', 'qos', 'topic']);
    expect(await answers('scan', 'mqtt_sub', '--fields', 'topic,')).toEqual(['topic,clientid', 'topic,qos']);
    expect(await answers('get', 'mqtt_retain', 'plant/a', '--fields=p')).toEqual(['--fields=payload']);
    expect(await answers('tables', 'list', '--fields', 's')).toEqual(['sizeBytes', 'status']);
    expect(await answers('pending', '--fields', 'd')).toEqual(['deliverable']);
    expect(await answers('scan', '--fields', '')).toEqual([]);
  });

  it('knows the pages of help', async () => {
    const found = (await answers('help', 'ex')).map((line) => line.replace(/\t.*$/, ''));
    expect(found).toEqual(['exit-codes', 'explain', 'export']);
  });

  it('knows live tables, and asks the target once in a while only', async () => {
    await runCommand(TablesCreate, ['mqtt_sub', '--endpoint-url', server.endpoint, '--table-prefix', 'stg_']);
    server.calls = [];
    expect(await answers('tables', 'drop', '-c', 'staging', '--confirm', '')).toEqual(['stg_mqtt_msg', 'stg_mqtt_sub']);
    expect(await answers('tables', 'describe', '-c', 'staging', 'mqtt_m')).toEqual(['mqtt_msg']);
    expect(server.calls).toEqual(['ListTables']);
    const cache = join(folder.path, 'cache', 'mqdyn', 'tables');
    const old = new Date(Date.now() - 61_000);
    for (const file of readdirSync(cache)) utimesSync(join(cache, file), old, old);
    await answers('tables', 'describe', '-c', 'staging', '');
    expect(server.calls).toEqual(['ListTables', 'ListTables']);
  });

  it('falls back to the schema files where the target does not answer', async () => {
    expect(await answers('scan', '--endpoint-url', 'http://127.0.0.1:1', 'mqtt_c')).toEqual(['mqtt_client']);
  });

  it('starts no engine and makes no data folder for a TAB', async () => {
    expect(await answers('scan', '--endpoint-url', 'local', '--data-dir', join(folder.path, 'none'), 'mqtt_c')).toEqual([
      'mqtt_client',
    ]);
    expect(readdirSync(folder.path)).not.toContain('none');
  });
});

describe('autocomplete', () => {
  it.each(['bash', 'zsh', 'fish'])('prints the script for %s, named or found in SHELL', async (shell) => {
    const named = await runCommand(Autocomplete, [shell]);
    expect(named.stdout).toContain('mqdyn complete -- ');
    const found = await runCommand(Autocomplete, [], { env: { SHELL: `/usr/bin/${shell}` } });
    expect(found.stdout).toBe(named.stdout);
  });

  it('names the shells that it knows', async () => {
    const result = await runCommand(Autocomplete, ['tcsh']);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('no completion for tcsh. Shells: bash, zsh, fish.');
  });
});
