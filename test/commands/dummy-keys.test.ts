import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import Scan from '../../src/commands/scan.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDiff from '../../src/commands/tables/diff.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import TablesList from '../../src/commands/tables/list.ts';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { local, runCommand, temporaryFolder, type CommandClass } from '../harness/run-command.ts';

const HIDE =
  'the keys are dummy ones, and DynamoDB Local without -sharedDb keeps the tables of each access key and region apart; ' +
  'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION to those of the broker';
const OWN_KEYS = { AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'own' };

let engine: MemoryEngine;
const folder = temporaryFolder();
beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(async () => {
  await engine.stop();
  folder.remove();
});

afterEach(() => vi.unstubAllEnvs());

const run = async (command: CommandClass, argv: string[], env: Record<string, string> = {}) => {
  // the SDK reads process.env
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { code, stderr } = await runCommand(command, [...argv, '--endpoint-url', engine.endpoint, '--region', 'local'], { env });
  return { code, said: stderr.split('\n').filter((line) => line.includes('dummy')) };
};

/** In this order each command finds the tables it expects. */
const WITHOUT_TABLES: [string, CommandClass, string[], number][] = [
  ['tables list', TablesList, [], 0],
  ['tables diff', TablesDiff, [], 1],
  ['tables drop', TablesDrop, ['--all', '--yes'], 0],
  ['tables create --dry-run', TablesCreate, ['--dry-run'], 0],
];

describe('dummy keys may hide the tables of other keys', () => {
  it.each(WITHOUT_TABLES)('%s says so where it finds no table (fault 34)', async (_, command, argv, code) => {
    expect(await run(command, argv)).toEqual({ code, said: [`note: ${HIDE}`] });
  });

  it.each(WITHOUT_TABLES)('%s does not where the user named keys (fault 34)', async (_, command, argv, code) => {
    expect(await run(command, argv, OWN_KEYS)).toEqual({ code, said: [] });
  });

  it('the error about a missing table has the hint, only for dummy keys (fault 34)', async () => {
    const { code, said } = await run(Scan, ['mqtt_msg']);
    expect([code, said.length]).toEqual([4, 1]);
    expect(said[0]).toBe(
      `mqdyn: E_NO_TABLE: mqtt_msg not found in local at ${engine.endpoint}. Run: mqdyn tables create. If it exists: ${HIDE}.`,
    );
    expect(await run(Scan, ['mqtt_msg'], OWN_KEYS)).toEqual({ code: 4, said: [] });
  });

  it('there is no hint once there is a table (fault 34)', async () => {
    expect(await run(TablesCreate, ['mqtt_msg'])).toEqual({ code: 0, said: [`note: ${HIDE}`] });
    for (const [, command, argv, code] of WITHOUT_TABLES.filter(([name]) => name !== 'tables drop')) {
      expect(await run(command, argv)).toEqual({ code, said: [] });
    }
    expect((await run(TablesDrop, ['mqtt_msg', '--yes'])).said).toEqual([]);
  });

  it('there is no hint for the embedded engine, which ignores keys (fault 34)', async () => {
    const { stderr } = await runCommand(TablesList, local(folder.path));
    expect(stderr).not.toContain('dummy');
  });
});
