import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Scan from '../../src/commands/scan.ts';
import Subs from '../../src/commands/subs.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesList from '../../src/commands/tables/list.ts';
import Unsubscribe from '../../src/commands/unsubscribe.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
const target = local(join(folder.path, 'data'));
afterAll(() => folder.remove());

const ROWS = 'clientid,topic,qos\na,t/1,1\na,t/2,1\nb,t/1,1\nc,t/1,1\n';
const QOS0 = 'note: stored with QoS 0: the broker fetches queued messages only for QoS 1 and 2 (--qos)';

const subscribe = (argv: string[], stdin?: string) =>
  runCommand(Subscribe, [...argv, ...target], stdin === undefined ? {} : { stdin });
const unsubscribe = (argv: string[], stdin?: string) =>
  runCommand(Unsubscribe, [...argv, ...target], stdin === undefined ? {} : { stdin });

async function stored(): Promise<string[]> {
  const { stdout } = await runCommand(Subs, ['--format', 'csv', '--no-header', ...target]);
  return stdout.split('\r\n').filter(Boolean).sort();
}

beforeAll(async () => {
  await runCommand(TablesCreate, ['mqtt_sub', ...target]);
});

describe('unsubscribe', () => {
  beforeEach(async () => {
    await subscribe(['--from-file', '-'], ROWS);
  });

  it('takes several clients', async () => {
    const { code, stdout } = await unsubscribe(['--client', 'a', '--client', 'b', 't/1', '--format', 'csv', '--no-header']);
    expect([code, stdout]).toEqual([0, 'a,t/1,deleted\r\nb,t/1,deleted\r\n']);
    expect(await stored()).toEqual(['a,t/2,1', 'c,t/1,1']);
  });

  it('takes every subscription of several clients', async () => {
    await unsubscribe(['--client', 'a', '--client', 'b', '--all']);
    expect(await stored()).toEqual(['c,t/1,1']);
  });

  it('takes what subs wrote, from a file or stdin', async () => {
    const { stdout } = await unsubscribe(
      ['--from-file', '-', '--format', 'csv', '--no-header'],
      'clientid,topic,qos\na,t/2,1\nx,t/1,1\n',
    );
    expect(stdout).toBe('a,t/2,deleted\r\nx,t/1,missing\r\n');
    expect(await stored()).toEqual(['a,t/1,1', 'b,t/1,1', 'c,t/1,1']);
  });

  it('takes filters from a file for the clients that are named', async () => {
    await unsubscribe(['--from-file', '-', '--client', 'a', '--client', 'b'], 't/1\n');
    expect(await stored()).toEqual(['a,t/2,1', 'c,t/1,1']);
    await unsubscribe(['--from-file', '-', 'a'], 't/2\n');
    expect(await stored()).toEqual(['c,t/1,1']);
  });

  it.each([[[]], [['a']], [['a', 't/1', '--all']], [['a', '--all', '--from-file', '-']], [['--all']]])(
    'refuses %j, and deletes nothing',
    async (argv) => {
      const before = await stored();
      expect((await unsubscribe(argv)).code).toBe(2);
      expect(await stored()).toEqual(before);
    },
  );
});

describe('subscribe', () => {
  it('without --qos says what QoS 0 means, and with one says nothing', async () => {
    expect((await subscribe(['d', 'e'])).stderr).toContain(QOS0);
    expect((await subscribe(['d', 'e', '--qos', '0'])).stderr).not.toContain(QOS0);
    expect((await subscribe(['--from-file', '-'], ROWS)).stderr).not.toContain(QOS0);
    expect((await subscribe(['--from-file', '-'], 'a,b\n')).stderr).toContain(QOS0);
  });
});

describe('a read with a mistyped --data-dir', () => {
  const absent = join(folder.path, 'absent', 'data');

  it.each([
    ['scan', Scan, ['mqtt_msg'], 4],
    ['tables list', TablesList, [], 0],
    ['tables create --dry-run', TablesCreate, ['--dry-run'], 0],
  ] as const)('%s makes nothing', async (_, command, argv, exit) => {
    const { code, stderr } = await runCommand(command, [...argv, ...local(absent)]);
    expect(code).toBe(exit);
    expect(stderr).toContain(`note: there is no data in ${absent} yet\n`);
    expect(existsSync(join(folder.path, 'absent'))).toBe(false);
  });

  it('makes nothing in a folder that holds something else either', async () => {
    const other = temporaryFolder();
    await runCommand(Scan, ['mqtt_msg', ...local(other.path)]);
    expect(readdirSync(other.path)).toEqual([]);
    other.remove();
  });
});
