import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';
import { publish } from '../harness/replay-fixture.ts';

const folder = temporaryFolder();
const target = local(join(folder.path, 'data'));
const file = join(folder.path, 'events.jsonl');
const conf = join(folder.path, 'emqx_backend_dynamo.conf');
afterAll(() => folder.remove());

beforeAll(async () => {
  await runCommand(TablesCreate, ['mqtt_client', ...target]);
  const connected = { event: 'client.connected', clientid: 'c', node: 'n', timestamp: 1_714_727_730_250 };
  writeFileSync(file, [connected, publish(1)].map((event) => `${JSON.stringify(event)}\n`).join(''));
  const hook = JSON.stringify({ action: { function: 'on_client_connected' }, pool: 'pool1' });
  writeFileSync(conf, `backend.dynamo.pool1.server = http://127.0.0.1:8000\nbackend.dynamo.hook.client.connected.1 = ${hook}\n`);
});

describe('a replay needs only the tables that it can write', () => {
  it.each([
    ['--only', 'on_client_connected'],
    ['--hooks', conf],
  ])('%s', async (...flags) => {
    const { code, stderr } = await runCommand(Replay, [file, '--checkpoint', `${file}.checkpoint`, ...flags, ...target]);
    expect(stderr).toContain('read 2 = applied 1 + superseded 0 + skipped 1 + rejected 0');
    expect(code).toBe(0);
  });

  it('and for all of those (fault 26)', async () => {
    const { code, stderr } = await runCommand(Replay, [
      file,
      '--checkpoint',
      `${file}.checkpoint`,
      '--only',
      'on_client_connected,on_message_retain',
      ...target,
    ]);
    expect(stderr).toContain('E_NO_TABLE: mqtt_retain not found');
    expect(code).toBe(4);
  });
});
