import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Scan from '../../src/commands/scan.ts';
import Subs from '../../src/commands/subs.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
const target = local(folder.path);

beforeAll(async () => {
  await runCommand(TablesCreate, target);
});
afterAll(() => folder.remove());

describe('subs', () => {
  it('shows what subscribe stored', async () => {
    const stored = await runCommand(Subscribe, ['test-dynamo', 'plant/a/temp', '--qos', '1', ...target]);
    expect(stored.code).toBe(0);
    const shown = await runCommand(Subs, ['test-dynamo', '--json', ...target]);
    expect(JSON.parse(shown.stdout)).toEqual({ items: [{ clientid: 'test-dynamo', topic: 'plant/a/temp', qos: 1 }], count: 1 });
  });
});

describe('scan', () => {
  it('puts a caret under the fault of a filter', async () => {
    const result = await runCommand(Scan, ['mqtt_msg', '--filter', 'qos >', ...target]);
    expect(result.code).toBe(2);
    expect(result.stderr).toBe(
      'mqdyn: E_USAGE: --filter: expected an attribute or a value, found the end. See --help.\n  qos >\n       ^\n',
    );
  });
});
