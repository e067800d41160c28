import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import Hooks from '../../src/commands/hooks.ts';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const file = (name: string, ...lines: string[]) => {
  const path = join(folder.path, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};

describe('hooks', () => {
  it('shows the documented defaults without a file and without a target', async () => {
    const result = await runCommand(Hooks, ['--json']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const { items, count } = JSON.parse(result.stdout) as { items: Record<string, unknown>[]; count: number };
    expect(count).toBe(10);
    expect(items[0]).toEqual({
      hook: 'client.connected',
      function: 'on_client_connected',
      topic: null,
      tables: ['mqtt_client'],
      reads: [],
    });
    expect(items[1]).toMatchObject({ function: 'on_subscribe_lookup', tables: [], reads: ['mqtt_sub'] });
    expect(items.at(-1)).toEqual({
      hook: 'message.acked',
      function: 'on_message_acked_for_queue',
      topic: '#',
      tables: ['mqtt_acked', 'mqtt_msg', 'mqtt_topic_msg_map'],
      reads: [],
    });
    expect(items.map((item) => item['function'])).not.toContain('on_message_store');
  });

  it('shows a table to people', async () => {
    const { stdout } = await runCommand(Hooks, ['--fields', 'function,tables,reads']);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^function +tables +reads$/),
      expect.stringMatching(/^on_client_connected +mqtt_client +-$/),
      expect.stringMatching(/^on_subscribe_lookup +- +mqtt_sub$/),
    ]);
    expect(stdout).toMatch(/on_message_publish +mqtt_msg, mqtt_topic_msg_map +-/);
  });

  it('shows what a file enables, its warnings on stderr', async () => {
    const path = file(
      'good.conf',
      'backend.dynamo.p.server = http://127.0.0.1:8000',
      'backend.dynamo.p.aws_secret_access_key = topsecret',
      'backend.dynamo.hook.session.created.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "p"}',
      'backend.dynamo.hook.message.publish.4= {"topic": "plant/#", "action": {"function": "on_message_store"}, "pool": "p"}',
    );
    const result = await runCommand(Hooks, [path, '--json']);
    expect(result.code).toBe(0);
    const AT = { pool: 'p', server: 'http://127.0.0.1:8000', region: '0' };
    expect(JSON.parse(result.stdout)).toEqual({
      items: [
        { hook: 'client.connected', function: 'on_subscribe_lookup', topic: null, tables: [], reads: ['mqtt_sub'], ...AT },
        { hook: 'message.publish', function: 'on_message_store', topic: 'plant/#', tables: ['mqtt_msg'], reads: [], ...AT },
      ],
      count: 2,
    });
    expect(result.stderr).toBe(
      `warning: ${path}:3:1: session.created is treated as client.connected; plug-in 4.x does not load it\n`,
    );
  });

  it('names every faulty line at once and shows no secret', async () => {
    const path = file(
      'bad.conf',
      'backend.dynamo.p.server = http://127.0.0.1',
      'backend.dynamo.p.aws_secret_access_key: topsecret',
      'backend.dynamo.hook.message.publish.1 = {"action": {"function": "on_mesage_store"}, "pool": "p"}',
    );
    const result = await runCommand(Hooks, [path]);
    expect(result).toMatchObject({ code: 4, stdout: '' });
    expect(result.stderr).toContain(`E_CONFIG: ${path}:1:27: backend.dynamo.p.server names no port`);
    expect(result.stderr).toContain(`${path}:2:`);
    expect(result.stderr).toContain(`${path}:3:65: unknown function on_mesage_store. Did you mean on_message_store?`);
    expect(result.stderr).not.toContain('topsecret');
  });

  it('says when there is no such file', async () => {
    const path = join(folder.path, 'none.conf');
    const result = await runCommand(Hooks, [path]);
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(`E_INPUT: ${path} does not exist`);
  });
});
